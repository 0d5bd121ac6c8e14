import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../src/process/commands.ts';
import { CertificateAuthority } from './issue-certificate.ts';

/** What a command printed, and the exit code that the process would have. */
export interface CommandRun {
  readonly code: number;
  readonly output: string;
}

/** Contents of files, by the variables that name them. */
export type CommandFiles = Readonly<Record<string, string>>;

/** Runs the commands of the service, such as --check-config, in this process. */
export class ServiceCommands {
  readonly authority: CertificateAuthority;
  readonly #root: string;
  readonly #kubeconfig: string;
  #runs = 0;

  private constructor(authority: CertificateAuthority, root: string, kubeconfig: string) {
    this.authority = authority;
    this.#root = root;
    this.#kubeconfig = kubeconfig;
  }

  static async create(kubeconfig: string): Promise<ServiceCommands> {
    const authority = await CertificateAuthority.create({ commonName: 'test CA' });
    return new ServiceCommands(authority, await mkdtemp(join(tmpdir(), 'commands-test-')), kubeconfig);
  }

  /** Runs a command with files that variables name, by default those of a working configuration. */
  async run(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    moreFiles: CommandFiles = {},
  ): Promise<CommandRun> {
    this.#runs += 1;
    const folder = join(this.#root, String(this.#runs));
    await mkdir(folder);
    const server = await this.authority.issue({
      commonName: 'localhost',
      sans: ['localhost'],
      usages: ['serverAuth'],
    });
    const files: CommandFiles = {
      TLS_CERT_FILE: server.cert,
      TLS_KEY_FILE: server.key,
      TLS_CLIENT_CA_FILE: this.authority.cert,
      KUBECONFIG: this.#kubeconfig,
      ...moreFiles,
    };
    const variables: Record<string, string> = {};
    for (const [name, content] of Object.entries(files)) {
      variables[name] = join(folder, name);
      await writeFile(join(folder, name), content);
    }
    let output = '';
    const stream = {
      write: (text: string) => {
        output += text;
      },
    };
    const code = await runCommand(args, { ...variables, ...environment }, { stdout: stream, stderr: stream });
    return { code, output };
  }

  /** Removes the files. */
  async remove(): Promise<void> {
    await rm(this.#root, { recursive: true });
  }
}
