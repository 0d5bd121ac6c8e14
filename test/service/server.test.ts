import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FakeApiServer } from '../support/fake-apiserver/fake-apiserver.ts';
import { ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

let demo: FakeApiServer;
beforeAll(async () => {
  demo = await FakeApiServer.start();
});
afterEach(() => demo.faults.clear());
afterAll(() => demo.stop());

/** A connection that stays open. `received` returns the bytes received so far. */
async function open(server: ServerProcess): Promise<{ socket: TLSSocket; received: () => string }> {
  const { cert, key } = server.client;
  const ca = server.authority.cert;
  const socket = connect({ host: 'localhost', port: await server.port(), ca, cert, key });
  onTestFinished(() => {
    socket.destroy();
  });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return { socket, received: () => text };
}

/** Variables that make node run this code before the service. */
function preload(code: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}

/** The last line that the process printed. */
function lastLineOf({ output }: ServerProcess): unknown {
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
}

/** A user other than root may create a PID namespace only within a user namespace. */
const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];

const READ =
  'GET /replica-count?namespace=default&deployment=my-deployment HTTP/1.1\r\nHost: localhost\r\n\r\n';
const WRITE = [
  'POST /replica-count?namespace=default&deployment=my-deployment HTTP/1.1',
  'Host: localhost',
  'Content-Type: application/json',
  'Content-Length: 14',
  '',
  '{"replicas":6}',
].join('\r\n');

describe('the start of the process', () => {
  it('reports every mistake in the environment, without a stack, and exits with 1', async () => {
    const server = await ServerProcess.start(demo.kubeconfig, {
      PORT: 'x',
      LOG_LEVEL: 'loud',
      TLS_KEY_FILE: '/nope',
    });
    expect(await server.exited()).toBe(1);
    expect(server.output.split('\n')).toEqual([
      'The configuration is not usable:',
      '  - PORT must be integer (it is "x")',
      '  - LOG_LEVEL must be equal to one of the allowed values: trace, debug, info, warn, error, fatal, silent (it is "loud")',
      '  - TLS_KEY_FILE names a file that cannot be read: /nope (make generate-certs makes a set)',
      '',
    ]);
  });

  it.each([
    [{}, ['deployments', 'horizontalpodautoscalers']],
    [{ WATCH_HPAS: 'false', WATCH_SCALED_OBJECTS: 'true' }, ['deployments', 'scaledobjects']],
  ])('with the variables %j mirrors %j', async (variables, resources) => {
    const server = await ServerProcess.start(demo.kubeconfig, variables);
    await server.ready();
    const { body } = await server.probe('/metrics');
    const mirrors = [...body.matchAll(/^scaler_cache_synced\{.*resource="([^"]*)"/gm)];
    expect(mirrors.map(([, resource]) => resource)).toEqual(resources);
  });

  it('refuses a key that does not belong to the certificate', async () => {
    const other = await ServerProcess.start(demo.kubeconfig);
    const server = await ServerProcess.start(demo.kubeconfig, { TLS_KEY_FILE: other.file('TLS_KEY_FILE') });
    expect(await server.exited()).toBe(1);
    expect(server.output).toMatch(/^the key in .* does not belong to the certificate in .*\n$/);
  });

  it('reports that a port is in use', async () => {
    const first = await ServerProcess.start(demo.kubeconfig);
    const second = await ServerProcess.start(demo.kubeconfig, { PORT: String(await first.port()) });
    expect(await second.exited()).toBe(1);
    expect(second.output).toContain('The service could not start: listen EADDRINUSE');
  });

  it('makes it live at once and ready once the cache is filled, and it stays ready through an outage', async () => {
    await demo.refuseConnections();
    const server = await ServerProcess.start(demo.kubeconfig);
    expect(await server.probe('/livez')).toEqual({ status: 200, body: 'ok\n' });
    expect(await server.probe('/readyz')).toEqual({ status: 503, body: 'not ready\n' });
    await demo.acceptConnections();
    await server.ready();
    const isServed = async (one: 0 | 1) =>
      (await server.probe('/metrics')).body.includes(`scaler_cluster_ready{cluster="default"} ${one}\n`);
    await until(() => isServed(1));
    await demo.refuseConnections();
    demo.dropConnections();
    await until(() => isServed(0));
    expect((await server.probe('/readyz')).status).toBe(200);
    await demo.acceptConnections();
  });

  it('opens a management port that answers only probes and Prometheus', async () => {
    const server = await ServerProcess.start(demo.kubeconfig, { MANAGEMENT_ALLOWED_HOSTS: 'scaler.example' });
    const { status, body } = await server.probe('/metrics');
    expect([status, body]).toEqual([
      200,
      expect.stringMatching(/^scaler_cluster_ready\{cluster="default"\} [01]$/m),
    ]);
    expect((await server.probe('/deployments')).status).toBe(404);
    expect((await server.probe('/readyz', 'POST')).status).toBe(405);
    expect((await server.probe('/livez', 'HEAD')).status).toBe(200);
    expect((await server.probe('/livez', 'GET', { host: 'scaler.example' })).status).toBe(200);
    expect((await server.probe('/livez', 'GET', { host: 'attacker.example' })).status).toBe(421);
  });
});

describe('an uncaught error', () => {
  it.each([
    ['an exception', `throw new Error('nobody catches this')`, 'nobody catches this'],
    ['a rejection', `Promise.reject(new Error('nobody catches this'))`, 'nobody catches this'],
    ['an exception that is not an Error', 'throw undefined', 'undefined'],
  ])('ends the process with the last line of its log: %s', async (_title, failure, message) => {
    const server = await ServerProcess.start(
      demo.kubeconfig,
      preload(`process.once('SIGUSR2', () => { ${failure}; });`),
    );
    await server.ready();
    server.signal('SIGUSR2');
    expect(await server.exited()).toBe(1);
    expect(lastLineOf(server)).toMatchObject({
      level: 'fatal',
      msg: 'an uncaught error ended the process',
      err: { message },
    });
  });

  it('ends a draining process at once', async () => {
    const server = await ServerProcess.start(demo.kubeconfig, {
      ...preload(`process.once('SIGUSR2', () => { throw new Error('nobody catches this'); });`),
      DRAIN_DELAY_SECONDS: '300',
    });
    await server.ready();
    server.signal('SIGTERM');
    await until(() => server.output.includes('"msg":"draining"'));
    server.signal('SIGUSR2');
    expect(await server.exited()).toBe(1);
    expect(lastLineOf(server)).toMatchObject({ level: 'fatal', err: { message: 'nobody catches this' } });
  });
});

describe('a signal during the start', () => {
  /** The process sends itself the signal when it resolves the first module of the app. */
  const whileLoading = preload(`
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier.endsWith('/app.ts')) process.kill(process.pid, 'SIGTERM');
        return next(specifier, context);
      },
    });`);
  /** The process sends itself the signal when it opens the first listener, which waits for the signal. */
  const whileOpening = preload(`
    import { Server } from 'node:net';
    const { listen } = Server.prototype;
    Server.prototype.listen = function (...options) {
      Server.prototype.listen = listen;
      process.once('SIGTERM', () => setImmediate(() => listen.apply(this, options)));
      process.kill(process.pid, 'SIGTERM');
      return this;
    };`);

  it('ends the process in order while it loads modules, before anything is open', async () => {
    const server = await ServerProcess.start(demo.kubeconfig, whileLoading);
    expect(await server.exited()).toBe(0);
    expect(server.output.trim().split('\n')).toHaveLength(1);
    expect(lastLineOf(server)).toMatchObject({ msg: 'stopped', signal: 'SIGTERM' });
  });

  it('ends the process in order while it opens its listeners, without a drain delay', async () => {
    const server = await ServerProcess.start(demo.kubeconfig, {
      ...whileOpening,
      DRAIN_DELAY_SECONDS: '300',
    });
    expect(await server.exited()).toBe(0);
    expect(server.output).toContain('"delaySeconds":0');
    expect(lastLineOf(server)).toMatchObject({ msg: 'stopped' });
  });

  it('ends PID 1 of a container, for which the kernel ignores signals without a handler', async (test) => {
    const unshare = ['unshare', ...asRoot, '--fork', '--kill-child', '--pid', '--mount-proc'];
    const { status } = spawnSync(unshare[0] ?? '', [...unshare.slice(1), 'true']);
    test.skip(status !== 0, 'this user may not create a PID namespace (unshare --pid)');
    const server = await ServerProcess.start(demo.kubeconfig, whileLoading, {}, undefined, unshare);
    expect(await server.exited()).toBe(0);
    expect(lastLineOf(server)).toMatchObject({ msg: 'stopped', pid: 1 });
  });
});

describe('the running process', () => {
  it('loads a new certificate, and a CRL that disconnects a connected client', async () => {
    const server = await ServerProcess.start(
      demo.kubeconfig,
      {},
      { TLS_CRL_FILE: (authority) => authority.createCrl([]) },
    );
    await server.ready();
    const revoked = await open(server);
    const before = revoked.socket.getPeerX509Certificate()?.serialNumber;

    const { cert, key } = await server.authority.issue({
      commonName: 'localhost',
      sans: ['localhost'],
      usages: ['serverAuth'],
    });
    await writeFile(server.file('TLS_KEY_FILE'), key);
    await writeFile(server.file('TLS_CERT_FILE'), cert);
    await until(async () => (await open(server)).socket.getPeerX509Certificate()?.serialNumber !== before);
    expect(revoked.socket.closed).toBe(false);

    const crl = await server.authority.createCrl([server.client.serial]);
    await writeFile(server.file('TLS_CRL_FILE'), crl);
    await until(() => revoked.socket.closed);
    const again = await open(server).catch(() => undefined);
    if (again !== undefined) await until(() => again.socket.closed);
    expect(again?.received() ?? '').toBe('');
  });
});

describe('the stop of the process', () => {
  it('begins at SIGTERM: the readiness probe fails, and answers still come and ask clients to reconnect', async () => {
    const server = await ServerProcess.start(demo.kubeconfig, { DRAIN_DELAY_SECONDS: '300' });
    await server.ready();
    const { socket, received } = await open(server);
    server.signal('SIGTERM');
    await until(async () => (await server.probe('/readyz')).status === 503);
    expect((await server.probe('/livez')).status).toBe(200);
    socket.write(READ);
    await once(socket, 'close');
    expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(received()).toMatch(/\r\nconnection: close\r\n/i);
    expect(await open(server)).toBeDefined();
  });

  it('ends the process when the delay is over, with exit code 0', async () => {
    const server = await ServerProcess.start(demo.kubeconfig, { DRAIN_DELAY_SECONDS: '1' });
    await server.ready();
    server.signal('SIGTERM');
    expect(await server.exited()).toBe(0);
    expect(server.output).toContain('"delaySeconds":1');
    expect(server.output).toContain('"msg":"stopped"');
  });

  it('lets a running request finish, and closes idle and unused connections at once', async () => {
    // This limit is longer than that of the test, so a connection that is not closed makes the test fail.
    const server = await ServerProcess.start(demo.kubeconfig, { DRAIN_LIMIT_SECONDS: '300' });
    await server.ready();
    const unused = await open(server);
    const idle = await open(server);
    idle.socket.write(READ);
    await until(() => idle.received().includes('replicaCount'));
    const busy = await open(server);
    const { promise: othersClosed, resolve: letItFinish } = Promise.withResolvers<void>();
    demo.faults.add({ on: 'patchScale', fault: { type: 'call', action: () => othersClosed } });
    const patches = demo.requests.count('patchScale');
    busy.socket.write(WRITE);
    await until(() => demo.requests.count('patchScale') > patches);
    server.signal('SIGINT');
    await Promise.all(
      [unused, idle].map(async ({ socket }) => socket.closed || (await once(socket, 'close'))),
    );
    expect(busy.received()).toBe('');
    letItFinish();
    await once(busy.socket, 'close');
    expect(busy.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(busy.received()).toContain('{"replicaCount":6}');
    expect(await server.exited()).toBe(0);
  });

  it('cuts a request that runs beyond the limit', async () => {
    // A write of the present count would only be a read.
    demo.deployments.scale('default', 'my-deployment', 3);
    const server = await ServerProcess.start(demo.kubeconfig, { DRAIN_LIMIT_SECONDS: '1' });
    await server.ready();
    const busy = await open(server);
    demo.faults.add({ on: 'patchScale', fault: { type: 'cut', how: 'silence' } });
    const patches = demo.requests.count('patchScale');
    busy.socket.write(WRITE);
    await until(() => demo.requests.count('patchScale') > patches);
    server.signal('SIGINT');
    expect(await server.exited()).toBe(0);
    expect(busy.received()).toBe('');
  });

  it('is immediate at a second signal, with a last log line and an exit code other than 0', async () => {
    const server = await ServerProcess.start(demo.kubeconfig, { DRAIN_DELAY_SECONDS: '300' });
    await server.ready();
    server.signal('SIGTERM');
    await until(() => server.output.includes('"msg":"draining"'));
    server.signal('SIGINT');
    expect(await server.exited()).toBe(1);
    expect(lastLineOf(server)).toMatchObject({
      signal: 'SIGINT',
      msg: 'a second signal ended the process at once',
    });
  });

  it('ends with an error if it exceeds its limits', async () => {
    const server = await ServerProcess.start(demo.kubeconfig, {
      ...preload(`
        import { Server } from 'node:net';
        process.once('SIGINT', () => { Server.prototype.close = function () { return this; }; });`),
      DRAIN_LIMIT_SECONDS: '1',
    });
    await until(() => server.output.includes('Server listening'));
    server.signal('SIGINT');
    expect(await server.exited()).toBe(1);
    expect(lastLineOf(server)).toMatchObject({ err: { message: 'the service did not stop in time' } });
  });
});
