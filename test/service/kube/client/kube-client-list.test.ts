import { beforeAll, describe, expect, it } from 'vitest';
import { KubeMalformedError } from '../../../../src/kube/kube-errors.ts';
import { CertificateAuthority } from '../../../support/issue-certificate.ts';
import { ApiServer } from '../../../support/kube/api-server.ts';
import { clientOf } from '../../../support/kube/clients.ts';
import { until } from '../../../support/until.ts';

const request = { path: '/apis/apps/v1/deployments', deadlineMs: 5_000 };
let ca: CertificateAuthority;

beforeAll(async () => {
  ca = await CertificateAuthority.create({ commonName: 'cluster CA' });
});

describe('a list', () => {
  it('gives its items as they come in, and the rest of it at its end', async () => {
    const server = await ApiServer.start(ca);
    const taken: unknown[] = [];
    let finish = () => {};
    server.handler = (_, response) => {
      response.write('{"items":[{"n":1},{"n":2},{"n"');
      finish = () => void response.end(':3}],"metadata":{"resourceVersion":"9"}}');
    };
    const listing = clientOf(server.origin, ca.cert).list(request, (item) => taken.push(item));
    await until(() => taken.length === 2);
    finish();
    expect(await listing).toMatchObject({ metadata: { resourceVersion: '9' } });
    expect(taken).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('that ends before it is whole is malformed where it ended well, unreachable where it broke', async () => {
    const server = await ApiServer.start(ca);
    const client = clientOf(server.origin, ca.cert);
    server.handler = (_, response) => void response.end('{"items":[{"n":1},');
    await expect(client.list(request, () => {})).rejects.toThrow(KubeMalformedError);
    server.handler = (_, response) => void response.write('{"items":[{"n":1},', () => response.destroy());
    await expect(client.list(request, () => {})).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
  });

  it('that does not end in time is a timeout', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => void response.write('{"items":[{"n":1},');
    const listing = clientOf(server.origin, ca.cert).list({ ...request, deadlineMs: 150 }, () => {});
    await expect(listing).rejects.toMatchObject({ code: 'KUBE_TIMEOUT', sent: true });
    await until(() => server.open === 0);
  });

  it('ends with what the taker of its items throws, and closes its connection', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => void response.write('{"items":[{"n":1},');
    const refusal = new KubeMalformedError('not a Deployment');
    const listing = clientOf(server.origin, ca.cert).list(request, () => {
      throw refusal;
    });
    await expect(listing).rejects.toBe(refusal);
    await until(() => server.open === 0);
  });
});
