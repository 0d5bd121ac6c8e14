import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LogLevelSwitch } from '../../../src/observability/log-level.ts';
import { createManagementServer } from '../../../src/observability/management.ts';
import { Families } from '../../../src/observability/metrics/families.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { RecordingLogger } from '../../support/kube/recording-logger.ts';
import { logTo } from '../../support/log-to.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** The service with two clusters, and a management listener at every address of this machine, IPv4 and IPv6. */
let demo: FakeApiServer;
let service: TestService;
let server: Server;
let port: number;
let lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  demo = await FakeApiServer.start();
  const logStream = logTo((line) => void lines.push(JSON.parse(line)));
  const kubeconfig = { one: demo.kubeconfig, two: demo.kubeconfig };
  service = await (await TestService.start({ kubeconfig, logStream })).synced();
  server = createManagementServer({
    isReady: () => true,
    metrics: new Families(),
    allowedHosts: [],
    logLevel: new LogLevelSwitch(service.app.log, logStream),
    log: new RecordingLogger(),
  });
  await once(server.listen(0, '::'), 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterEach(() => {
  service.app.log.level = 'info';
  lines = [];
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await service.stop();
  await demo.stop();
});

async function ask(method: string, body?: string, options: RequestOptions = {}): Promise<string> {
  const asked = request({ host: '127.0.0.1', port, path: '/log-level', method, ...options });
  asked.end(body);
  const [response]: IncomingMessage[] = await once(asked, 'response');
  if (response === undefined) throw new Error('no answer');
  return `${response.statusCode} ${await text(response)}`;
}

describe('PUT /log-level', () => {
  it('is in force at once for every logger: of the process, of each cluster and of requests', async () => {
    const { log } = service.app;
    const ofCluster = log.child({ cluster: 'one' });
    const write = (message: string) => {
      log.debug({}, message);
      ofCluster.debug({}, message);
    };
    service.app.log.level = 'info';
    write('before');
    await service.get('/deployments?namespace=shop');
    expect(await ask('PUT', 'debug')).toBe('200 debug\n');
    write('after');
    // The second is a repeated read, which is answered without hooks at other levels.
    for (let at = 0; at < 2; at += 1) await service.get('/deployments?namespace=shop');
    await until(() => lines.filter(({ msg }) => msg === 'request').length === 2);
    expect(lines.filter(({ msg }) => msg === 'before')).toEqual([]);
    expect(lines.filter(({ msg }) => msg === 'after')).toMatchObject([
      { level: 'debug' },
      { level: 'debug', cluster: 'one' },
    ]);
  });

  it('is in force for the loggers of clusters that exist since the start', async () => {
    expect(await ask('PUT', 'debug')).toBe('200 debug\n');
    demo.faults.add({ on: 'event', fault: { type: 'status', code: 500 } });
    await service.scale('shop', 'cart', 9);
    await until(() =>
      lines.some(({ level, msg }) => level === 'debug' && msg === 'could not create an event'),
    );
    demo.faults.clear();
  });

  it.each([
    ['debug', 'info'],
    ['info', 'debug'],
    ['info', 'silent'],
  ])('leaves a line of who changed it, whatever the levels are: to %s from %s', async (to, from) => {
    service.app.log.level = from;
    expect(await ask('PUT', `${to}\n`)).toBe(`200 ${to}\n`);
    const [line, ...more] = lines.filter(({ msg }) => msg === 'the log level was changed');
    expect(line).toMatchObject({ level: 'warn', from, to, pid: process.pid });
    expect(line?.by).toMatch(/^::ffff:127\.0\.0\.1 port \d+$/);
    expect(more).toEqual([]);
    expect(await ask('GET')).toBe(`200 ${to}\n`);
  });

  it('to the present level leaves no line', async () => {
    expect(await ask('PUT', 'info')).toBe('200 info\n');
    expect(lines.filter(({ msg }) => msg === 'the log level was changed')).toEqual([]);
  });

  it.each([
    ['another word', 'loud'],
    ['a level at which the lines of writes are missing', 'warn'],
    ['the level of no lines', 'silent'],
    ['nothing', ''],
    ['JSON', '"debug"'],
    ['a level and more than 64 bytes', `debug${' '.repeat(64)}`],
    ['a megabyte', 'x'.repeat(1_000_000)],
  ])('is refused with the levels if it brings %s', async (_title, body) => {
    const options = { headers: { 'content-length': Buffer.byteLength(body) } };
    const outcome = await ask('PUT', body, options).catch((error: NodeJS.ErrnoException) => `${error.code}`);
    // The answer to a long body may be lost, because the connection is closed before all of it has arrived.
    const refusal = '400 send one of trace, debug, info, for example by curl -X PUT -d debug\n';
    if (body.length > 100_000) expect([refusal, 'EPIPE', 'ECONNRESET']).toContain(outcome);
    else expect(outcome).toBe(refusal);
    expect(service.app.log.level).toBe('info');
  });

  it('is cut if the client goes before its body is there', async () => {
    const socket = connect(port, '127.0.0.1');
    const [accepted] = await once(server, 'connection');
    socket.write('PUT /log-level HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nde');
    await once(server, 'request');
    socket.destroy();
    await until(() => accepted.destroyed);
    expect(service.app.log.level).toBe('info');
  });

  it.each(['POST', 'DELETE', 'OPTIONS', 'HEAD'])('is not %s', async (method) => {
    expect(await ask(method)).toBe(`405 ${method === 'HEAD' ? '' : 'use GET or PUT\n'}`);
  });
});

describe('/log-level is for this machine only', () => {
  const REFUSED =
    '403 only this machine or pod may do this: ask http://127.0.0.1 there, or use kubectl port-forward, by curl without -H\n';

  it.each(['127.0.0.1', '::1'])('%s is this machine, as for kubectl port-forward', async (host) => {
    expect(await ask('GET', undefined, { host })).toBe('200 info\n');
    expect(await ask('PUT', 'debug', { host })).toBe('200 debug\n');
  });

  it('fetch sends no header that a proxy would', async () => {
    const init = { method: 'PUT', body: 'debug' };
    expect(await fetch(`http://127.0.0.1:${port}/log-level`, init).then((answer) => answer.text())).toBe(
      'debug\n',
    );
  });

  it.each<[string, RequestOptions]>([
    ['from 127.0.0.6, where the proxy of a service mesh passes on requests', { localAddress: '127.0.0.6' }],
    ['to 127.0.0.6', { host: '127.0.0.6' }],
    ['by a proxy: X-Forwarded-For', { headers: { 'x-forwarded-for': '10.1.2.3' } }],
    ['by a proxy: Forwarded', { headers: { forwarded: 'for=10.1.2.3' } }],
    ['by a proxy: Via', { headers: { via: '1.1 proxy' } }],
    ['by a proxy: X-Real-IP', { headers: { 'x-real-ip': '10.1.2.3' } }],
    ['by a proxy: X-Forwarded-Proto', { headers: { 'x-forwarded-proto': 'https' } }],
    ['by Envoy', { headers: { 'x-envoy-expected-rq-timeout-ms': '15000' } }],
    ['by Linkerd', { headers: { 'l5d-dst-canonical': 'scaler.svc' } }],
    ['of a web page', { headers: { origin: 'http://attacker.example' } }],
  ])('a request %s is refused', async (_title, options) => {
    expect(await ask('GET', undefined, options)).toBe(REFUSED);
    expect(await ask('PUT', 'silent', options)).toBe(REFUSED);
    expect(service.app.log.level).toBe('info');
  });

  it('and the Host of a web page is refused as everywhere', async () => {
    const options = { headers: { host: 'attacker.example' } };
    expect(await ask('PUT', 'silent', options)).toMatch(/^421 /);
    expect(service.app.log.level).toBe('info');
  });
});
