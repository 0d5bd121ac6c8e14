import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serves, startOn } from '../../support/tls/reloading-server.ts';
import { issueSet, TlsFolder } from '../../support/tls/tls-folder.ts';
import type { ClientKeys, TlsServer } from '../../support/tls/tls-server.ts';
import { until } from '../../support/until.ts';

/** Clients that make requests one after the other, with and without keep-alive, and count. */
class Load {
  done = 0;
  readonly failures: unknown[] = [];
  readonly #server: TlsServer;
  readonly #client: ClientKeys & { readonly ca: string };
  #running = true;

  constructor(server: TlsServer, client: ClientKeys & { readonly ca: string }) {
    this.#server = server;
    this.#client = client;
    const agents = [true, true, false, false].map((keepAlive) => new Agent({ keepAlive, maxSockets: 1 }));
    const workers = agents.map((agent) => this.#work(agent));
    onTestFinished(async () => {
      this.#running = false;
      await Promise.all(workers);
      for (const agent of agents) agent.destroy();
    });
  }

  /** Resolves when this many more requests have been answered. */
  async more(count: number): Promise<void> {
    const enough = this.done + this.failures.length + count;
    await until(() => this.done + this.failures.length >= enough);
  }

  async #work(agent: Agent): Promise<void> {
    while (this.#running) {
      try {
        const target = { host: '127.0.0.1', port: this.#server.port, servername: 'localhost' };
        const sent = request({ ...target, ...this.#client, agent }).end();
        const [response] = await once(sent, 'response');
        response.resume();
        await once(response, 'end');
        if (response.statusCode === 200) this.done += 1;
        else this.failures.push(response.statusCode);
      } catch (error) {
        this.failures.push(error);
      }
    }
  }
}

describe('under a load of new and kept connections no request fails', () => {
  it.each([
    ['key first', ['key', 'cert']],
    ['certificate first', ['cert', 'key']],
  ] as const)('while key and certificate arrive in two steps, %s', async (_title, [first, second]) => {
    const { folder, server, observed, client, authority } = await startOn(TlsFolder.plain, 10);
    const load = new Load(server, { ...client, ca: authority.cert });
    await load.more(10);
    for (let round = 1; round <= 2; round += 1) {
      const next = await issueSet(authority);
      await folder.write({ [first]: next[first] });
      await until(() => observed.reloader.stats.broken);
      await load.more(10);
      await folder.write({ [second]: next[second] });
      await until(() => observed.reloader.stats.reloads === round);
      expect(await serves(server, next.cert, client)).toBe(true);
      await load.more(10);
    }
    expect(load.failures).toEqual([]);
  });

  it('while sets are swapped faster than they can be read', async () => {
    const { folder, server, observed, client, authority } = await startOn(TlsFolder.projected, 10);
    const load = new Load(server, { ...client, ca: authority.cert });
    const sets = await Promise.all(Array.from({ length: 15 }, () => issueSet(authority)));
    for (const set of sets) await folder.swap(set);
    await until(() => serves(server, sets.at(-1)?.cert ?? '', client));
    await load.more(10);
    expect(load.failures).toEqual([]);
    expect(observed.reloader.stats).toMatchObject({ failures: 0, broken: false });
  });
});

describe('after a reload', () => {
  it('TLS 1.2 is still refused', async () => {
    const { folder, server, client, next } = await startOn(TlsFolder.plain, 10);
    await folder.write(next);
    await until(() => serves(server, next.cert, client));
    const old = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    expect(await server.request(client, old)).toMatchObject({
      accepted: false,
      reason: 'ERR_SSL_UNSUPPORTED_PROTOCOL',
    });
  });

  it('a client without a certificate, or of another authority, is still refused', async () => {
    const { folder, server, client, next } = await startOn(TlsFolder.plain, 10);
    await folder.write(next);
    await until(() => serves(server, next.cert, client));
    const foreign = await startOn(TlsFolder.plain, 10);
    expect((await server.request(foreign.client)).accepted).toBe(false);
    expect((await server.request({ cert: '', key: '' })).accepted).toBe(false);
  });

  it('clients of a new authority are let in, and those of one that is gone are not', async () => {
    const { folder, server, client } = await startOn(TlsFolder.plain, 10);
    const second = await startOn(TlsFolder.plain, 10);
    expect((await server.request(second.client)).accepted).toBe(false);
    await folder.write({ clientCa: second.authority.cert });
    await until(async () => (await server.request(second.client)).accepted);
    expect((await server.request(client)).accepted).toBe(false);
  });
});
