import { beforeAll, describe, expect, it } from 'vitest';
import { KubeTimeoutError } from '../../../../src/kube/kube-errors.ts';
import { CertificateAuthority } from '../../../support/issue-certificate.ts';
import { ApiServer } from '../../../support/kube/api-server.ts';
import { clientOf } from '../../../support/kube/clients.ts';
import { undisturbed } from '../../../support/undisturbed.ts';
import { until } from '../../../support/until.ts';

/** Two pieces are this far apart only if this process pauses for almost as long. */
const SILENCE_MS = 1_000;
const PIECE_MS = 200;
const request = { path: '/apis/example.com/v1/widgets', deadlineMs: SILENCE_MS, deadlineIsForSilence: true };
let ca: CertificateAuthority;

beforeAll(async () => {
  ca = await CertificateAuthority.create({ commonName: 'cluster CA' });
});

/** A server that sends its answer in pieces, and then ends it or stays silent. */
async function drippingServer(pieces: readonly string[], ends: boolean): Promise<ApiServer> {
  const server = await ApiServer.start(ca);
  server.handler = (_, response) => {
    const left = [...pieces];
    const timer = setInterval(() => {
      response.write(left.shift() ?? '');
      if (left.length > 0) return;
      clearInterval(timer);
      if (ends) response.end();
    }, PIECE_MS);
  };
  return server;
}

describe('a call with a deadline for silence', () => {
  it('may take several times its deadline as long as pieces of the answer arrive', () =>
    undisturbed(SILENCE_MS / 2, async () => {
      const server = await drippingServer(['[', ...Array(12).fill('1,'), '1', ']'], true);
      expect(await clientOf(server.origin, ca.cert).call(request)).toEqual(Array(13).fill(1));
    }));

  it('times out and closes its connection if the answer stops', async () => {
    const server = await drippingServer(['[1,', '1,'], false);
    const call = clientOf(server.origin, ca.cert).call(request);
    await expect(call).rejects.toThrow(KubeTimeoutError);
    await until(() => server.open === 0);
  });

  it('times out if the answer does not begin', async () => {
    const server = await ApiServer.start(ca);
    server.handler = () => {};
    await expect(clientOf(server.origin, ca.cert).call(request)).rejects.toThrow(KubeTimeoutError);
  });
});
