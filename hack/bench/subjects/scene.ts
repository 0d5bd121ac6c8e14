import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { progress, type Setting } from '../bench.ts';
import { DEPLOYMENTS } from '../rows.ts';
import { answersOf } from './answers.ts';
import { ApiServer } from './api-server.ts';
import { startBare } from './bare.ts';
import { startNginx } from './nginx.ts';
import { Service } from './service.ts';
import type { Subject } from './subject.ts';

/** A service and the API server that only this service uses, so that changes of one cost the others nothing. */
export interface Installed {
  readonly service: Service;
  readonly apiServer: ApiServer;
}

/** The servers that are compared. They run at the same time, and each waits while another is measured. */
export class Scene implements AsyncDisposable {
  readonly installed: readonly Installed[];
  /** Those that repeat the answers of the service, or none. */
  readonly others: readonly Subject[];
  readonly #stack: AsyncDisposableStack;

  private constructor(
    installed: readonly Installed[],
    others: readonly Subject[],
    stack: AsyncDisposableStack,
  ) {
    this.installed = installed;
    this.others = others;
    this.#stack = stack;
  }

  /** @param paths what the other servers must be able to answer; if there are none, they are not started */
  static async start(setting: Setting, paths: readonly string[]): Promise<Scene> {
    await using stack = new AsyncDisposableStack();
    progress('starting the servers');
    const { programs, certificates, nginx } = setting;
    const { node } = programs;
    const image = await install(setting, stack, 'image');
    const installed = [image, await install(setting, stack, 'start')];
    const others: Subject[] = [];
    if (paths.length > 0) {
      const folder = await newFolder(setting, 'others');
      const captured = await answersOf(image.service.port, certificates.client, paths);
      const bare = stack.use(await startBare(node, folder, certificates.server, captured.answers));
      others.push(bare);
      const repeated = await answersOf(bare.port, certificates.client, paths);
      if (repeated.headerBytes !== captured.headerBytes) {
        const bytes = `${repeated.headerBytes} bytes of headers instead of ${captured.headerBytes}`;
        throw new Error(`bare node:https answers with ${bytes}`);
      }
      if (nginx) others.push(stack.use(await startNginx(folder, certificates.server, captured.answers)));
    }
    return new Scene(installed, others, stack.move());
  }

  get subjects(): readonly Subject[] {
    return [...this.installed.map(({ service }) => service), ...this.others];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function install(
  setting: Setting,
  stack: AsyncDisposableStack,
  name: 'image' | 'start',
): Promise<Installed> {
  const { programs, certificates } = setting;
  const folder = await newFolder(setting, name);
  const apiServer = stack.use(await ApiServer.start(programs.node, folder, DEPLOYMENTS));
  const started = await Service.start(name, programs[name], apiServer.kubeconfig, certificates.server);
  const service = stack.use(started);
  await service.ready();
  return { service, apiServer };
}

async function newFolder({ folder }: Setting, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  return path;
}
