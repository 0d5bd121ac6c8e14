import { spawn } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import type { User } from '@kubernetes/client-node';
import { isObject, objectAt, parseJson } from '../json.ts';

/** The credential that a plugin returns: a token, or a certificate with its key, or both. */
export interface ExecCredential {
  readonly token: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** The parts of the `exec` section of a kubeconfig user that are used here. */
interface ExecConfig {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint: string | undefined;
}

/** A plugin that does not finish within this time is killed, with all processes that it started. */
const DEADLINE_MS = 15_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** How long the error of a failed run is reused, so that a broken plugin is not run for every request. */
const FAILED_MS = 2_000;
/** The plugin runs again this long before its credential expires, because the credential must outlive the request. */
const EXPIRY_MARGIN_MS = 10_000;
const MAX_REASON_LENGTH = 300;

/**
 * A credential plugin of a kubeconfig (`users[].user.exec`, such as those of aws, gke and azure). It runs when a
 * credential is needed; the credential is kept until it expires or `forget` is called. The implementation in
 * client-node has no deadline and does not validate credentials.
 */
export class ExecPlugin {
  readonly #config: ExecConfig;
  readonly #closing: AbortSignal | undefined;
  #credential: { readonly value: ExecCredential; readonly expiresAt: number } | undefined;
  #failure: { readonly error: unknown; readonly until: number } | undefined;
  #running: Promise<ExecCredential> | undefined;

  /**
   * @param user the user of a kubeconfig, with an `exec` section whose command is absolute or in PATH
   * @param closing when it aborts, a running plugin is killed and no further one is started
   */
  constructor(user: User, closing?: AbortSignal) {
    this.#config = configOf(user);
    this.#closing = closing;
  }

  /** Whether the user still has this plugin. Most changes of a kubeconfig leave the plugin as it was. */
  serves(user: User): boolean {
    return isDeepStrictEqual(configOf(user), this.#config);
  }

  /** @throws Error whose message names the plugin */
  get(): Promise<ExecCredential> {
    if (this.#credential !== undefined && Date.now() < this.#credential.expiresAt)
      return Promise.resolve(this.#credential.value);
    if (this.#failure !== undefined && performance.now() < this.#failure.until)
      return Promise.reject(this.#failure.error);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Call it when the API server has refused the credential. */
  forget(): void {
    this.#credential = undefined;
  }

  async #run(): Promise<ExecCredential> {
    const { command, installHint } = this.#config;
    try {
      const { value, expiresAt } = credentialIn(await output(this.#config, this.#closing));
      this.#credential = { value, expiresAt: expiresAt - EXPIRY_MARGIN_MS };
      return value;
    } catch (cause) {
      const hint = isNotFound(cause) && installHint !== undefined ? ` (${installHint})` : '';
      const reason = cause instanceof Error ? cause.message : String(cause);
      const error = new Error(`exec plugin ${command}: ${reason}${hint}`, { cause });
      this.#failure = { error, until: performance.now() + FAILED_MS };
      throw error;
    }
  }
}

/** Runs the plugin in its own process group, so that killing the group leaves no process behind. */
function output(
  { command, args, env, apiVersion }: ExecConfig,
  closing: AbortSignal | undefined,
): Promise<string> {
  const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false } });
  return new Promise((resolve, reject) => {
    closing?.throwIfAborted();
    const child = spawn(command, args, {
      env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: info },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child.on('error', reject);
    // The plugin could not be started. If file descriptors ran out, the child has no streams to read either.
    if (child.pid === undefined) return;
    const chunks = { stdout: '', stderr: '' };
    const end = (reason: string) => {
      reject(new Error(reason));
      endGroup(child.pid);
      // A helper process that moved to another group would hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const close = () => end('was killed because it is no longer needed');
    closing?.addEventListener('abort', close, { once: true });
    const timer = setTimeout(() => end(`did not end within ${DEADLINE_MS / 1000} s`), DEADLINE_MS);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        chunks[name] += text;
        if (chunks[name].length > MAX_OUTPUT_BYTES) end('printed more than 1 MiB');
      });
    }
    // Kill processes that the plugin left running: they would keep its output open.
    child.on('exit', () => endGroup(child.pid));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      closing?.removeEventListener('abort', close);
      if (code === 0) return resolve(chunks.stdout);
      const said = chunks.stderr.trim().slice(0, MAX_REASON_LENGTH);
      reject(new Error(`ended with ${signal ?? `status ${code}`}${said && `: ${said}`}`));
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has ended already.
  }
}

/** @throws Error if the text is not an ExecCredential with a usable credential */
function credentialIn(text: string): { value: ExecCredential; expiresAt: number } {
  let answer: unknown;
  try {
    answer = parseJson(text);
  } catch {
    throw new Error('did not print JSON');
  }
  if (!isObject(answer) || answer.kind !== 'ExecCredential') throw new Error('printed no ExecCredential');
  const status = objectAt(answer, 'status');
  const [token, cert, key] = [status.token, status.clientCertificateData, status.clientKeyData].map(
    (value) => (typeof value === 'string' && value !== '' ? value : undefined),
  );
  if (token === undefined && (cert === undefined || key === undefined))
    throw new Error('printed an ExecCredential with neither token nor certificate and key');
  const expiry = status.expirationTimestamp;
  const expiresAt = expiry === undefined ? Number.POSITIVE_INFINITY : Date.parse(String(expiry));
  if (Number.isNaN(expiresAt)) throw new Error('printed an expirationTimestamp that is not a time');
  return { value: { token, cert, key }, expiresAt };
}

function configOf({ name, exec }: User): ExecConfig {
  const config = isObject(exec) ? exec : {};
  const { apiVersion, command, args, env, installHint } = config;
  if (typeof command !== 'string' || command === '')
    throw new Error(`the exec plugin of user ${name} has no command`);
  const variables = Array.isArray(env) ? env.filter(isObject) : [];
  return {
    apiVersion: typeof apiVersion === 'string' ? apiVersion : 'client.authentication.k8s.io/v1',
    command,
    args: Array.isArray(args) ? args.map(String) : [],
    env: Object.fromEntries(variables.map((each) => [String(each.name), String(each.value)])),
    installHint: typeof installHint === 'string' ? installHint : undefined,
  };
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
