import { beforeAll, describe, expect, it, vi } from 'vitest';
import { KubeClient } from '../../../../src/kube/client/kube-client.ts';
import { CertificateAuthority } from '../../../support/issue-certificate.ts';
import { ApiServer } from '../../../support/kube/api-server.ts';
import {
  base64,
  CALL_CONNECTIONS,
  clientOf,
  configLoader,
  folder,
  readAll,
  track,
} from '../../../support/kube/clients.ts';
import { until } from '../../../support/until.ts';

const request = { path: '/apis/example.com/v1/widgets', deadlineMs: 60_000 };
let ca: CertificateAuthority;

beforeAll(async () => {
  ca = await CertificateAuthority.create({ commonName: 'cluster CA' });
});

describe('a rotated token', () => {
  it('is used after a reload of the credentials, on the existing connection', async () => {
    const server = await ApiServer.start(ca);
    const files = folder();
    const tokenFile = files.write('token', 'first\n');
    const user = { tokenFile };
    const client = clientOf(server.origin, ca.cert, { user });
    await client.call(request);
    files.write('token', 'second\n');
    await client.call(request);
    client.reloadCredentials();
    await client.call(request);
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer first',
      'Bearer first',
      'Bearer second',
    ]);
    expect(server.connections).toBeLessThanOrEqual(2);
  });
});

describe('a rotated client certificate', () => {
  /** A client whose certificate is in files. `rotate` issues the next one. */
  async function rotating(server: ApiServer) {
    const files = folder();
    const rotate = async (commonName: string) => {
      const { cert, key } = await ca.issue({ commonName, usages: ['clientAuth'] });
      return {
        'client-certificate': files.write('tls.crt', cert),
        'client-key': files.write('tls.key', key),
      };
    };
    const user = await rotate('first');
    const load = configLoader({ server: server.origin, 'certificate-authority-data': base64(ca.cert) }, user);
    return { client: track(new KubeClient(load, CALL_CONNECTIONS)), rotate };
  }

  it('is used on new connections after a reload of the credentials', async () => {
    const server = await ApiServer.start(ca);
    const { client, rotate } = await rotating(server);
    await client.call(request);
    await rotate('second');
    client.reloadCredentials();
    await client.call(request);
    await client.call(request);
    expect(server.received.map((received) => received.client)).toEqual(['first', 'second', 'second']);
  });

  it('is found without a reload 10 s after the old one was read', async () => {
    const server = await ApiServer.start(ca);
    const { client, rotate } = await rotating(server);
    await client.call(request);
    await rotate('second');
    const later = performance.now() + 10_001;
    const clock = vi.spyOn(performance, 'now').mockReturnValue(later);
    await client.call(request);
    clock.mockRestore();
    expect(server.received.map((received) => received.client)).toEqual(['first', 'second']);
  });

  it('closes the idle connections of the old one', async () => {
    const server = await ApiServer.start(ca);
    const { client, rotate } = await rotating(server);
    await client.call(request);
    await readAll(await client.watch(request));
    expect(server.open).toBe(2);
    await rotate('second');
    client.reloadCredentials();
    await client.call(request);
    await until(() => server.open === 1);
  });

  it('lets running watches and calls finish on the connections of the old one', async () => {
    const server = await ApiServer.start(ca);
    const { client, rotate } = await rotating(server);
    const finish: (() => void)[] = [];
    server.handler = (_, response) => {
      response.write('"');
      finish.push(() => response.end('"'));
    };
    const stream = await client.watch(request);
    const calling = client.call(request);
    await until(() => finish.length === 2);
    await rotate('second');
    client.reloadCredentials();
    server.handler = (_, response) => void response.end('{}');
    await client.call(request);
    for (const end of finish) end();
    expect(await calling).toBe('');
    expect(await readAll(stream)).toBe('""');
  });

  it('does not stop a closed client from closing the connections of the old one', async () => {
    const server = await ApiServer.start(ca);
    const { client, rotate } = await rotating(server);
    server.handler = (_, response) => response.flushHeaders();
    const watching = expect(client.watch(request).then(readAll)).rejects.toThrow();
    await until(() => server.received.length === 1);
    await rotate('second');
    client.reloadCredentials();
    server.handler = (_, response) => void response.end('{}');
    await client.call(request);
    await client.close();
    await watching;
    await until(() => server.open === 0);
  });
});
