import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

/** A demo cluster in a process of its own, so that its work takes no time of this one. */
export class DemoProcess {
  /** The path of its kubeconfig. */
  readonly kubeconfig: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(folder: string, deployments: number) {
    this.#folder = folder;
    this.kubeconfig = join(folder, 'kubeconfig');
    const options = ['--deployments', `${deployments}`, '--kubeconfig', this.kubeconfig];
    this.#process = spawn(process.execPath, ['test/support/fake-apiserver/main.ts', ...options]);
  }

  /** Resolves once it listens. */
  static async start(deployments: number): Promise<DemoProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'demo-process-'));
    await writeFile(join(folder, 'kubeconfig'), '');
    const demo = new DemoProcess(folder, deployments);
    await until(async () => (await readFile(demo.kubeconfig, 'utf8')) !== '');
    return demo;
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill();
    await exited;
    await rm(this.#folder, { recursive: true });
  }
}
