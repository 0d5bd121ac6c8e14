import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import type { LeafOptions } from '../../support/issue-certificate.ts';
import { TestService } from '../../support/service.ts';
import { opensslCertificate } from '../../support/tls/openssl.ts';

/**
 * The clients that are admitted, over real TLS. test/unit/tls/certificate-identity.test.ts has the cases of a single
 * certificate.
 */
let demo: FakeApiServer;
let service: TestService;

beforeAll(async () => {
  demo = await FakeApiServer.start();
  const policy = {
    allowedClients: ['client', 'alice', 'system:*', 'spiffe://prod/*'],
    allowedReserved: ['system:trusted'],
  };
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig, policy })).synced();
});
afterAll(async () => {
  await service.stop();
  await demo.stop();
});

describe('a verified certificate', () => {
  it.each<[string, Partial<LeafOptions>, number, string | undefined]>([
    ['that names a user is let in', { commonName: 'alice' }, 200, undefined],
    ['without a CN is refused', { commonName: '' }, 401, 'CERTIFICATE_UNUSABLE'],
    [
      'without a CN is admitted by the URI that it names',
      { commonName: '', sans: ['spiffe://prod/ci'] },
      200,
      undefined,
    ],
    [
      'without a CN is refused if its URI is not on the list',
      { commonName: '', sans: ['spiffe://dev/ci'] },
      403,
      'CLIENT_NOT_ALLOWED',
    ],
    ['without clientAuth is refused', { usages: [] }, 401, 'CERTIFICATE_UNUSABLE'],
    ['of a reserved user is refused', { commonName: 'system:admin' }, 403, 'IDENTITY_RESERVED'],
    ['of a reserved group is refused', { organizations: ['system:masters'] }, 403, 'IDENTITY_RESERVED'],
    [
      'of a reserved user that the configuration allows is admitted',
      { commonName: 'system:trusted' },
      200,
      undefined,
    ],
    ['that is not on the list is refused', { commonName: 'mallory' }, 403, 'CLIENT_NOT_ALLOWED'],
  ])('%s', async (_title, options, status, code) => {
    const certificate = await service.authority.issue({
      commonName: 'alice',
      usages: ['clientAuth'],
      ...options,
    });
    const client = service.clientWith(certificate);
    for (const path of ['/healthz', '/deployments', '/replica-count?namespace=shop&deployment=cart']) {
      expect(await client.get(path)).toMatchObject({
        status,
        ...(code && { body: { statusCode: status, code } }),
      });
    }
    // A client without an identity does not learn which paths exist.
    const unknown = await client.get('/nope');
    expect(unknown).toMatchObject(code ? { status, body: { code } } : { status: 404 });
    const write = await client.scale('shop', 'cart', 3);
    expect(write.status).toBe(status);
  });

  it.each([
    ['/CN=mallory/O=dev/CN=alice', 200],
    ['/CN=bob+CN=alice', 200],
    ['/CN=alice+CN=mallory', 403],
    ['/CN=alice/CN=mallory', 403],
    ['/CN=alice/CN=system:admin', 403],
    ['/CN=system:admin/CN=alice', 200],
  ])('with several CNs, %s, is that of the last, as Kubernetes reads it: %s', async (subject, status) => {
    const extensions = ['extendedKeyUsage=clientAuth'];
    const certificate = await opensslCertificate({ subject, extensions, issuer: service.authority });
    expect(await service.clientWith(certificate).get('/healthz')).toMatchObject({ status });
  });

  it('without a CN is refused with what it needs', async () => {
    const certificate = await service.authority.issue({ commonName: '', usages: ['clientAuth'] });
    const { body } = await service.clientWith(certificate).get('/healthz');
    expect(body).toMatchObject({ message: expect.stringContaining('it needs a common name (CN)') });
  });
});
