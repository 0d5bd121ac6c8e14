import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ConnectOptions, connect } from '../../../../src/cli/connect/connect.ts';
import { ConnectError } from '../../../../src/cli/connect/connect-error.ts';
import { DEADLINES, type Deadlines } from '../../../../src/cli/connect/transport.ts';
import { ApiError } from '../../../../src/client/api-error.ts';
import { ClientFolder } from '../../../support/cli/client-folder.ts';
import { FakeApiServer } from '../../../support/fake-apiserver/fake-apiserver.ts';
import { freePorts } from '../../../support/free-ports.ts';
import { CertificateAuthority, type IssuedCertificate } from '../../../support/issue-certificate.ts';
import { ConnectProxy } from '../../../support/kube/proxies.ts';
import { PrefixProxy } from '../../../support/prefix-proxy.ts';
import { PATIENT_WRITES, TestService } from '../../../support/service.ts';
import { opensslP12 } from '../../../support/tls/openssl.ts';
import { TlsServer } from '../../../support/tls/tls-server.ts';
import { uncheckedMaterial } from '../../../support/tls/unchecked-material.ts';
import { until } from '../../../support/until.ts';

const HOUR_MS = 3_600_000;
/** As in production, with time for a machine that stands still. */
const PATIENT: Deadlines = { connectMs: 60_000, headersMs: 60_000, silenceMs: 60_000 };

let demo: FakeApiServer;
let service: TestService;

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY });
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig, timing: PATIENT_WRITES })).synced();
});
afterAll(async () => {
  await service.stop();
  await demo.stop();
});

/** What the test client needs for the service, as flags. */
async function flags(client: IssuedCertificate = service.client): Promise<ConnectOptions> {
  const folder = await ClientFolder.make();
  const files = await folder.credentials(client, service.authority.cert);
  return { ...files, server: `https://localhost:${service.port}` };
}

function expiredClient(): Promise<IssuedCertificate> {
  const notBefore = new Date(Date.now() - 2 * HOUR_MS);
  const notAfter = new Date(Date.now() - HOUR_MS);
  return service.authority.issue({ commonName: 'late', usages: ['clientAuth'], notBefore, notAfter });
}

async function connected(options: ConnectOptions, env = {}, deadlines: Deadlines = PATIENT) {
  const connection = await connect(options, env, deadlines);
  onTestFinished(() => connection.close());
  return connection;
}

/** The error with which a first call ends. */
async function failure(options: ConnectOptions, env = {}, deadlines?: Deadlines): Promise<ConnectError> {
  try {
    await (await connected(options, env, deadlines)).client.clusters();
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error('the call should have failed');
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** An HTTPS server with a certificate of the service's CA that answers as it is told. */
async function otherServer(answer: RequestListener): Promise<string> {
  const { cert, key } = await service.authority.issue({
    commonName: 'other',
    sans: ['localhost'],
    usages: ['serverAuth'],
  });
  const server = createHttpsServer({ cert, key }, answer);
  const port = await portOf(server);
  onTestFinished(() => server.closeAllConnections());
  return `https://localhost:${port}`;
}

/** The port of an OpenSSL server, which tells by TLS alerts why it refuses a client. */
async function refusingByAlert(reason: 'unknown' | 'revoked'): Promise<number> {
  const { authority, client } = service;
  const folder = await ClientFolder.make();
  const server = await authority.issue({ commonName: 'server', sans: ['localhost'], usages: ['serverAuth'] });
  const known =
    reason === 'unknown' ? await CertificateAuthority.create({ commonName: 'other CA' }) : authority;
  const child = spawn('openssl', [
    ...['s_server', '-accept', '127.0.0.1:0', '-www', '-Verify', '1', '-verify_return_error'],
    ...['-cert', await folder.write('server.pem', server.cert)],
    ...['-key', await folder.write('server.key', server.key)],
    ...['-CAfile', await folder.write('known.pem', known.cert)],
    ...(reason === 'revoked'
      ? ['-crl_check', '-CRL', await folder.write('crl.pem', await authority.createCrl([client.serial]))]
      : []),
  ]);
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  await until(() => /ACCEPT .*:\d+\n/.test(output) || child.exitCode !== null);
  return Number(/ACCEPT .*:(\d+)\n/.exec(output)?.[1]);
}

describe('a connection', () => {
  it('reads, writes and follows events with the certificate in files', async () => {
    const { client, server, cluster } = await connected(await flags());
    expect(server).toBe(`https://localhost:${service.port}`);
    expect(cluster).toBeUndefined();
    expect((await client.clusters()).map(({ name }) => name)).toEqual(['default']);
    const target = { namespace: 'shop', deployment: 'checkout' };
    expect(await client.set(target, 7)).toMatchObject({ replicas: 7, previous: expect.any(Number) });
    const events = await client.events({});
    expect(await events.next()).toMatchObject({ value: { event: 'ready' } });
    await events.return(undefined);
  });

  it('throws the errors of the service as they are', async () => {
    const { client } = await connected(await flags());
    const asked = client.state({ namespace: 'shop', deployment: 'nothing' });
    await expect(asked).rejects.toThrow(ApiError);
    await expect(asked).rejects.toMatchObject({ status: 404 });
  });

  it('leads through the path prefix of a proxy', async () => {
    const proxy = await PrefixProxy.start(service, '/tools/scaler');
    onTestFinished(() => proxy.stop());
    const { client, server } = await connected({ ...(await flags()), server: `${proxy.url}/` });
    expect(server).toBe(proxy.url);
    expect(await client.clusters()).toHaveLength(1);
  });

  it('takes certificate and key from a .p12 file whose password is in the environment', async () => {
    const folder = await ClientFolder.make();
    const p12 = await folder.write('client.p12', await opensslP12(service.client, 'changeit'));
    const { server, ca } = await flags();
    const { client } = await connected({ server, ca, p12 }, { SCALER_P12_PASSWORD: 'changeit' });
    expect(await client.clusters()).toHaveLength(1);
    await expect(connect({ server, ca, p12 }, { SCALER_P12_PASSWORD: 'wrong' })).rejects.toThrow(
      `The password in SCALER_P12_PASSWORD does not open ${p12}`,
    );
    const empty = await folder.write('empty.p12', await opensslP12(service.client, ''));
    expect(await (await connected({ server, ca, p12: empty })).client.clusters()).toHaveLength(1);
  });

  it('goes through the proxy of HTTPS_PROXY, unless NO_PROXY names the host', async () => {
    const proxy = await ConnectProxy.start(service.port);
    const options = await flags();
    const through = await connected(options, { HTTPS_PROXY: proxy.origin });
    expect(await through.client.clusters()).toHaveLength(1);
    expect(proxy.asked).toEqual([`localhost:${service.port}`]);
    const direct = await connected(options, { HTTPS_PROXY: proxy.origin, NO_PROXY: 'localhost' });
    expect(await direct.client.clusters()).toHaveLength(1);
    expect(proxy.asked).toHaveLength(1);
  });

  it('reads again if the service had closed the kept connection', async () => {
    let answers = 0;
    const server = await otherServer((request, response) => {
      answers += 1;
      if (answers === 2) return void request.socket.destroy();
      response.setHeader('content-type', 'application/json');
      response.end('{"clusters":[]}');
    });
    const { client } = await connected({ ...(await flags()), server });
    await client.clusters();
    await client.clusters();
    expect(answers).toBe(3);
  });

  it('ends calls that are under way when it is closed', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const server = await otherServer(() => resolve());
    const connection = await connect({ ...(await flags()), server }, {}, PATIENT);
    const answer = expect(connection.client.clusters()).rejects.toThrow('the command has ended');
    await asked;
    await connection.close();
    await answer;
  });

  it('ends a call with the reason of its signal', async () => {
    const server = await otherServer(() => controller.abort(new Error('Ctrl-C')));
    const controller = new AbortController();
    const { client } = await connected({ ...(await flags()), server });
    await expect(client.clusters(controller.signal)).rejects.toThrow('Ctrl-C');
  });
});

describe('an error says what to do', () => {
  it('if nothing listens at the port', async () => {
    const [port] = await freePorts(1);
    const { message, usage } = await failure({ ...(await flags()), server: `https://localhost:${port}` });
    expect(message).toBe(
      `Nothing listens at localhost:${port}. Check the URL (\`scaler config show\`, --server), and whether the service runs`,
    );
    expect(usage).toBe(false);
  });

  it('if the name of the server is unknown', async () => {
    const { message } = await failure({ ...(await flags()), server: 'https://scaler.invalid' });
    expect(message).toMatch(
      /scaler\.invalid (is not known to DNS|cannot)|DNS does not answer for scaler\.invalid/,
    );
  });

  it('if the proxy does not listen, or does not lead to the service', async () => {
    const [port] = await freePorts(1);
    const options = await flags();
    expect((await failure(options, { HTTPS_PROXY: `http://localhost:${port}` })).message).toContain(
      `or the proxy localhost:${port}. Check HTTPS_PROXY`,
    );
    const refusing = createPlainServer();
    refusing.on('connect', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    const proxy = `http://localhost:${await portOf(refusing)}`;
    expect((await failure(options, { HTTPS_PROXY: proxy })).message).toMatch(
      /^The proxy .* does not lead to .*403/,
    );
  });

  it('if the CA of the server is not trusted', async () => {
    const folder = await ClientFolder.make();
    const other = await CertificateAuthority.create({ commonName: 'other CA' });
    const ca = await folder.write('other.pem', other.cert);
    const { message } = await failure({ ...(await flags()), ca });
    expect(message).toContain('signed by a CA that is not trusted here');
    expect(message).toContain('--ca FILE');
    const { ca: _, ...withoutCa } = await flags();
    expect((await failure(withoutCa)).message).toContain('--ca FILE');
  });

  it('if the certificate of the server is for another name', async () => {
    const { authority } = service;
    const { cert, key } = await authority.issue({
      commonName: 'x',
      sans: ['scaler.example'],
      usages: ['serverAuth'],
    });
    const port = await portOf(createHttpsServer({ cert, key }));
    const { message } = await failure({ ...(await flags()), server: `https://localhost:${port}` });
    expect(message).toMatch(/is for other names: .*scaler\.example.*Use one of them in --server$/);
  });

  it('if the client certificate is missing, and names it also if the key is missing too', async () => {
    const { message } = await failure({
      ...(await flags()),
      cert: '/nowhere/cert.pem',
      key: '/nowhere/key.pem',
    });
    expect(message).toMatch(/^Cannot read the client certificate: ENOENT.*\/nowhere\/cert\.pem/);
  });

  it('if the client certificate has expired, before it connects', async () => {
    const options = await flags(await expiredClient());
    const error = await failure({ ...options, server: 'https://localhost:1' });
    expect(error.message).toMatch(
      /^The client certificate in .*client-cert\.pem expired at \d{4}-.*`scaler login`$/,
    );
    expect(error.usage).toBe(false);
  });

  it('if the client certificate in a .p12 file has expired, as the service says', async () => {
    const folder = await ClientFolder.make();
    const p12 = await folder.write('late.p12', await opensslP12(await expiredClient(), ''));
    const { server, ca } = await flags();
    expect((await failure({ server, ca, p12 })).message).toMatch(/late\.p12 expired at \d{4}-/);
  });

  it('if the service closes the connection because the client certificate is revoked', async () => {
    const { authority, client } = service;
    const server = await authority.issue({
      commonName: 'server',
      sans: ['localhost'],
      usages: ['serverAuth'],
    });
    const crl = await authority.createCrl([client.serial]);
    const { port } = await TlsServer.start(uncheckedMaterial({ ...server, clientCa: authority.cert, crl }));
    const options = { ...(await flags()), server: `https://localhost:${port}` };
    const { message } = await failure(options);
    expect(message).toContain('as it does if it refuses the client certificate');
    expect(message).toContain(`serial number ${client.serial.toUpperCase()}): it may be revoked`);
    const { client: connectedClient } = await connected(options);
    await expect(connectedClient.set({ namespace: 'shop', deployment: 'cart' }, 1)).rejects.toMatchObject({
      outcomeUnknown: true,
      message: expect.stringContaining('Then nothing was changed'),
    });
  });

  it('if the service does not know the CA of the client certificate', async () => {
    const other = await CertificateAuthority.create({ commonName: 'other CA' });
    const client = await other.issue({ commonName: 'client', usages: ['clientAuth'] });
    expect((await failure(await flags(client))).message).toMatch(
      /issued by CN=other CA.*of a CA that the service does not know/,
    );
  });

  it('if the client certificate is one for servers', async () => {
    const client = await service.authority.issue({ commonName: 'client', usages: ['serverAuth'] });
    expect((await failure(await flags(client))).message).toMatch(
      /is not one for clients .*Ask for one that is$/,
    );
  });

  it.each([
    ['unknown', /its CA is not one that the service accepts/],
    ['revoked', /refused the client certificate in .*: it is revoked\. Ask for a new one$/],
  ] as const)(
    'if a proxy in front refuses the client certificate by an alert: %s',
    async (reason, expected) => {
      const port = await refusingByAlert(reason);
      const error = await failure({ ...(await flags()), server: `https://localhost:${port}` });
      expect(error.message).toMatch(expected);
      expect(error.outcomeUnknown).toBe(false);
    },
  );

  it('if the server speaks plain HTTP, or no HTTP', async () => {
    const options = await flags();
    const plain = await portOf(createPlainServer((_request, response) => response.end('hello')));
    expect((await failure({ ...options, server: `https://localhost:${plain}` })).message).toBe(
      `localhost:${plain} does not speak HTTPS. Check the port in --server`,
    );
    const ssh = await portOf(
      createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n').on('error', () => {})),
    );
    expect((await failure({ ...options, server: `https://localhost:${ssh}` })).message).toContain(
      'does not speak HTTPS',
    );
  });

  it('if another HTTPS server answers', async () => {
    const options = await flags();
    const page = await otherServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<h1>It works</h1>');
    });
    expect((await failure({ ...options, server: page })).message).toBe(
      `${page} answers, but it is not k8s-deployment-scaler (status 200, text/html). Check the port and the path in --server`,
    );
    const login = await otherServer((_request, response) => {
      response.writeHead(302, { location: 'https://login.example/' }).end();
    });
    expect((await failure({ ...options, server: login })).message).toContain(
      'a redirect to https://login.example/',
    );
  });

  it('if the server accepts connections and says nothing', async () => {
    const options = await flags();
    const mute = await portOf(createTcpServer((socket) => socket.on('error', () => {})));
    const quick = { ...PATIENT, connectMs: 300 };
    expect((await failure({ ...options, server: `https://localhost:${mute}` }, {}, quick)).message).toContain(
      'could not be connected within 0.3 s',
    );
  });

  it('if the answer does not come, or stops', async () => {
    const options = await flags();
    const slow = await otherServer(() => undefined);
    const headers = { ...PATIENT, headersMs: 300 };
    expect((await failure({ ...options, server: slow }, {}, headers)).message).toContain(
      'did not answer within 0.3 s',
    );
    const stopping = await otherServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.write('{"clusters":');
    });
    const silence = { ...PATIENT, silenceMs: 300 };
    expect((await failure({ ...options, server: stopping }, {}, silence)).message).toContain(
      'was silent for 0.3 s',
    );
  });

  it('if the answer of a write is lost, that its outcome is unknown', async () => {
    const server = await otherServer((request) => request.socket.destroy());
    const { client } = await connected({ ...(await flags()), server });
    const target = { namespace: 'shop', deployment: 'checkout' };
    await expect(client.set(target, 1)).rejects.toMatchObject({
      outcomeUnknown: true,
      message: expect.stringMatching(/not known: read it with `scaler get`$/),
    });
    // A dry run changes nothing.
    await expect(client.set(target, 1, { dryRun: true })).rejects.toMatchObject({ outcomeUnknown: false });
  });
});

it('waits longer for the headers than the service may take', () => {
  expect(DEADLINES.headersMs).toBeGreaterThan(10_000);
  expect(DEADLINES.silenceMs).toBeGreaterThan(2 * 15_000);
});
