import { expect, it } from 'vitest';
import type { RefusalReason } from '../../../src/tls/certificate-identity.ts';
import { buildTestApp } from '../../support/build-app.ts';

it.each<[RefusalReason, number, string]>([
  ['unusable', 401, 'CERTIFICATE_UNUSABLE'],
  ['reserved', 403, 'IDENTITY_RESERVED'],
  ['notAllowed', 403, 'CLIENT_NOT_ALLOWED'],
])(
  'identity: a client whose certificate is %s is refused at every path, known or not',
  async (reason, status, code) => {
    const app = await buildTestApp(undefined, { identify: () => ({ kind: 'refused', reason }) });
    for (const url of ['/healthz', '/deployments', '/docs', '/nope', '/nowhere/healthz']) {
      const response = await app.inject(url);
      expect(response.statusCode).toBe(status);
      expect(response.json()).toMatchObject({ code });
    }
  },
);

it('identity: a request has the same object as its connection, because decisions are found by it', async () => {
  const identity = { kind: 'client', user: 'alice', groups: ['dev'] } as const;
  const app = await buildTestApp(undefined, { identify: () => identity });
  const seen: unknown[] = [];
  app.addHook(
    'preHandler',
    async (request) => void seen.push(request.identity, request.clientConnection.identity),
  );
  expect((await app.inject('/healthz')).statusCode).toBe(200);
  expect(seen.map((each) => each === identity)).toEqual([true, true]);
});
