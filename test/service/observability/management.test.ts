import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { Gauge } from '@prometheus-io/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LogLevelSwitch } from '../../../src/observability/log-level.ts';
import { createManagementServer, type ManagementOptions } from '../../../src/observability/management.ts';
import { Families } from '../../../src/observability/metrics/families.ts';
import { RecordingLogger } from '../../support/kube/recording-logger.ts';
import { undisturbed } from '../../support/undisturbed.ts';
import { until } from '../../support/until.ts';

/** The management listener, and sockets that send bytes to it. */
class Scene {
  readonly log = new RecordingLogger();
  readonly metrics = new Families();
  readonly server: Server;
  readonly #clients: Socket[] = [];

  constructor(options: Partial<ManagementOptions> = {}) {
    this.server = createManagementServer({
      isReady: () => true,
      metrics: this.metrics,
      allowedHosts: ['Scaler.example.com', 'scaler'],
      logLevel: new LogLevelSwitch({ level: 'info' }, { write() {} }),
      log: this.log,
      ...options,
    });
  }

  async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  /** A connection that the listener has accepted, and what it has received so far. */
  async open(_from?: string): Promise<{ socket: Socket; received: () => string }> {
    const address = this.server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the listener does not listen');
    const socket = connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true });
    this.#clients.push(socket);
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.on('error', () => {});
    await once(this.server, 'connection');
    return { socket, received: () => received };
  }

  /** The bytes that the listener sends back for these bytes until it ends the connection. */
  async exchange(bytes: string): Promise<string> {
    const { socket, received } = await this.open();
    socket.write(bytes);
    await until(() => socket.readableEnded || socket.closed);
    return received();
  }

  async get(path: string, host: string | undefined = 'localhost', method = 'GET'): Promise<string> {
    const answer = await this.exchange(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    return short(answer);
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    this.server.close();
    this.server.closeAllConnections();
    if (this.server.listening) await once(this.server, 'close');
  }
}

/** The status and the body of an answer. */
function short(answer: string): string {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  return `${head.slice('HTTP/1.1 '.length).split(' ', 1)} ${body}`;
}

let scene: Scene;
async function start(options: Partial<ManagementOptions> = {}): Promise<Scene> {
  scene = await new Scene(options).listen();
  return scene;
}
afterEach(async () => {
  vi.useRealTimers();
  await scene.stop();
});

const PROBE = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n';
const REFUSED = '421 use an IP address or localhost, or add this host name to MANAGEMENT_ALLOWED_HOSTS\n';

describe('the management listener', () => {
  it('answers only probes and Prometheus', async () => {
    let ready = false;
    await start({ isReady: () => ready });
    new Gauge({ name: 'answer', help: 'of everything', registers: [scene.metrics.registry] }).set(42);
    expect(await scene.get('/livez')).toBe('200 ok\n');
    expect(await scene.get('/readyz')).toBe('503 not ready\n');
    ready = true;
    expect(await scene.get('/readyz')).toBe('200 ok\n');
    expect(await scene.get('/metrics')).toBe(
      '200 # HELP answer of everything\n# TYPE answer gauge\nanswer 42\n',
    );
    expect(await scene.get('/deployments')).toBe('404 try /livez, /readyz, /metrics or /log-level\n');
    expect(await scene.get('/livez', 'localhost', 'POST')).toBe('405 use GET\n');
    expect(await scene.get('/livez', 'localhost', 'HEAD')).toBe('200 ');
  });

  it('answers 500 if the metrics cannot be collected, logs why, and collects them again for the next request', async () => {
    await start();
    let fails = true;
    const err = new Error('broken');
    const collect = () => {
      if (fails) throw err;
    };
    scene.metrics.gauge({ name: 'answer', help: 'help', labels: {} }, collect);
    expect(await scene.get('/metrics')).toBe('500 the metrics could not be read\n');
    expect(scene.log.lines).toEqual([
      { level: 'error', context: { err, times: 1 }, message: 'the metrics could not be read' },
    ]);
    fails = false;
    expect(await scene.get('/metrics')).toMatch(/^200 # HELP answer/);
  });

  it('collects the metrics once for all simultaneous requests, and for those of the next second', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await start();
    let times = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const collect = () => {
      times += 1;
      return promise;
    };
    scene.metrics.gauge({ name: 'answer', help: 'help', labels: {} }, collect);
    let asked = 0;
    scene.server.on('request', () => {
      asked += 1;
    });
    const answers = Array.from({ length: 5 }, () => scene.get('/metrics'));
    await until(() => asked === 5);
    expect(times).toBe(1);
    resolve();
    expect(new Set(await Promise.all(answers)).size).toBe(1);
    vi.advanceTimersByTime(999);
    await scene.get('/metrics');
    expect(times).toBe(1);
    vi.advanceTimersByTime(1);
    await scene.get('/metrics');
    expect(times).toBe(2);
  });

  it('holds three texts at most, and cuts those who read the oldest for a new one', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await start();
    let times = 0;
    const help = 'x'.repeat(30_000_000);
    scene.metrics.gauge({ name: 'answer', help, labels: {} }, () => {
      times += 1;
    });
    const scrape = async () => {
      const { socket } = await scene.open();
      const accepted = once(scene.server, 'request');
      socket.pause();
      socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
      const [request]: { socket: Socket }[] = await accepted;
      if (request === undefined) throw new Error('no request');
      await until(() => request.socket.writableLength > 0);
      return request.socket;
    };
    const held: Socket[] = [];
    for (let at = 0; at < 3; at += 1) {
      held.push(await scrape(), await scrape());
      vi.advanceTimersByTime(1_000);
    }
    expect(times).toBe(3);
    expect(held.map(({ destroyed }) => destroyed)).toEqual([false, false, false, false, false, false]);
    held.push(await scrape());
    expect(held.map(({ destroyed }) => destroyed)).toEqual([true, true, false, false, false, false, false]);
  });
});

describe('the Host of a request to the management listener', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.1:8081',
    '10.1.2.3:65535',
    '[::1]',
    '[fd00::1]:8081',
    'localhost',
    'LocalHost:8081',
    hostname(),
    `${hostname().toUpperCase()}:8081`,
    'scaler',
    'scaler.EXAMPLE.com:8081',
  ])('may be %s', async (host) => {
    await start();
    expect(await scene.get('/livez', host)).toBe('200 ok\n');
  });

  it.each([
    'attacker.example',
    'attacker.example:8081',
    'scaler.example.com.attacker.example',
    'example.com',
    'localhost.attacker.example',
    '127.0.0.1.attacker.example',
    '127.1',
    '0x7f000001',
    '::1',
    '[attacker.example]',
    '[::1].attacker.example',
    'localhost:8081:8081',
    'localhost:port',
    'user@localhost',
    'localhost, attacker.example',
    '',
  ])('may not be %s', async (host) => {
    await start();
    for (const path of ['/livez', '/metrics', '/nothing']) expect(await scene.get(path, host)).toBe(REFUSED);
  });

  it('may not be missing or repeated', async () => {
    await start();
    expect(short(await scene.exchange('GET /metrics HTTP/1.1\r\n\r\n'))).toBe(REFUSED);
    const twice = 'Host: localhost\r\nhost: localhost\r\n';
    expect(short(await scene.exchange(`GET /metrics HTTP/1.1\r\n${twice}\r\n`))).toBe(REFUSED);
    expect(short(await scene.exchange(`GET /metrics HTTP/1.0\r\n${twice}\r\n`))).toBe(REFUSED);
  });

  it('may be missing in HTTP/1.0, which no browser uses, but is checked if it is present', async () => {
    await start();
    expect(short(await scene.exchange('GET /livez HTTP/1.0\r\n\r\n'))).toBe('200 ok\n');
    expect(short(await scene.exchange('GET /livez HTTP/1.0\r\nHost: attacker.example\r\n\r\n'))).toBe(
      REFUSED,
    );
  });
});

describe('a connection to the management listener', () => {
  it.each([
    ['HTTP/1.1', PROBE],
    ['HTTP/1.0 with keep-alive', 'GET /livez HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n'],
    ['HTTP/1.1 with an expectation', PROBE.replace('\r\n\r\n', '\r\nExpect: wonders\r\n\r\n')],
  ])('is closed after one answer, and further requests are ignored: %s', async (_title, probe) => {
    await start();
    const answer = await scene.exchange(probe.repeat(200));
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
    expect(answer).toContain('\r\nconnection: close\r\n');
    expect(short(await scene.exchange(probe))).toBe('200 ok\n');
  });

  it('does not queue further requests until its answer is ready', async () => {
    await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    new Gauge({ name: 'answer', help: 'help', registers: [scene.metrics.registry], collect: () => promise });
    const answer = scene.exchange('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2));
    expect(await answer).toBe('');
    resolve();
  });

  // After 5 s the others are closed because they have sent no request.
  it('replaces the oldest one if 100 are open', () =>
    undisturbed(1_000, async () => {
      await start();
      try {
        const first = await scene.open();
        const others = [];
        for (let at = 1; at < 100; at += 1) others.push(await scene.open());
        expect(first.socket.closed).toBe(false);
        expect(await scene.get('/livez')).toBe('200 ok\n');
        await until(() => first.socket.readableEnded || first.socket.closed);
        // The connection of the probe itself has ended.
        expect(await scene.get('/livez')).toBe('200 ok\n');
        expect(others.every(({ socket }) => !socket.closed && !socket.readableEnded)).toBe(true);
      } finally {
        await scene.stop();
      }
    }));

  it('replaces the oldest one that waits for metrics if 10 wait', async () => {
    await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    new Gauge({ name: 'answer', help: 'help', registers: [scene.metrics.registry], collect: () => promise });
    const scrape = async () => {
      const { socket, received } = await scene.open();
      const asked = once(scene.server, 'request');
      socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await asked;
      return { socket, received };
    };
    const probe = await scene.open();
    const first = await scrape();
    const others: (typeof first)[] = [];
    for (let at = 1; at < 10; at += 1) others.push(await scrape());
    expect(first.socket.readableEnded || first.socket.closed).toBe(false);
    others.push(await scrape());
    await until(() => first.socket.readableEnded || first.socket.closed);
    resolve();
    await until(() => others.every(({ received }) => received().includes('# HELP answer')));
    expect(first.received()).toBe('');
    expect(probe.socket.readableEnded || probe.socket.closed).toBe(false);
  });

  it('is closed if its request does not arrive within 5 s', async () => {
    await start();
    const [silent, slow] = await Promise.all([scene.open(), scene.open()]);
    slow.socket.write('GET /livez HTTP/1.1\r\nHost: local');
    await until(() => [silent, slow].every(({ socket }) => socket.readableEnded || socket.closed));
    for (const { received } of [silent, slow]) expect(received()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('is cut if the client does not read its answer within 10 s', async () => {
    await start();
    new Gauge({ name: 'answer', help: 'x'.repeat(30_000_000), registers: [scene.metrics.registry] });
    const accepted: Socket[] = [];
    scene.server.on('connection', (socket) => accepted.push(socket));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { socket } = await scene.open();
    socket.pause();
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => (accepted[0]?.writableLength ?? 0) > 0);
    vi.advanceTimersByTime(9_999);
    expect(accepted[0]?.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(accepted[0]?.destroyed).toBe(true);
  });

  it('is refused if its headers have more than 8 KiB', async () => {
    await start();
    expect(await scene.exchange(PROBE.replace('localhost', `localhost\r\nX: ${'x'.repeat(8_192)}`))).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });
});

describe('an error of the management listener', () => {
  it('is logged once it listens, at most one line per second, and does not end the process', async () => {
    await start();
    const error = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
    for (let at = 0; at < 3; at += 1) scene.server.emit('error', error);
    expect(scene.log.lines).toEqual([
      { level: 'error', context: { err: error, times: 1 }, message: 'the management listener failed' },
    ]);
    expect(await scene.get('/livez')).toBe('200 ok\n');
  });

  it('is left to the caller until it listens', async () => {
    const { server } = await start();
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the listener does not listen');
    const other = new Scene();
    other.server.listen(address.port, '127.0.0.1');
    const [error] = await once(other.server, 'error');
    expect(error).toMatchObject({ code: 'EADDRINUSE' });
    expect(other.log.lines).toEqual([]);
  });
});
