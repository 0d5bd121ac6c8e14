import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployment, failure } from '../support/integration/contract-bodies.ts';
import { FORGETFUL_TARGETS, type ForgetfulTarget } from '../support/integration/contract-targets.ts';
import { arrayAt, at, KubeRequests, textAt } from '../support/kube-requests.ts';

const PATH = '/apis/apps/v1/namespaces/default/deployments';

describe.each(Object.entries(FORGETFUL_TARGETS))('the contract of lost history: %s', (_, start) => {
  let target: ForgetfulTarget;
  let kube: KubeRequests;
  /** The version and the continue token of a list whose history has been lost. */
  let version: string;
  let token: string;

  beforeAll(async () => {
    target = await start();
    kube = new KubeRequests(target.endpoint);
    for (const name of ['a', 'b', 'c']) await kube.post(PATH, deployment(name, 1));
    const { body } = await kube.get(`${PATH}?limit=1`);
    version = textAt(body, 'metadata.resourceVersion');
    token = textAt(body, 'metadata.continue');
    await kube.patch(`${PATH}/b/scale`, { spec: { replicas: 4 } });
    await kube.close();
    await target.forgetHistory();
    kube = new KubeRequests(target.endpoint);
  });

  afterAll(async () => {
    await kube.close();
    await target.stop();
  });

  it('a watch from that version gets an ERROR event with 410 under status 200, and ends', async () => {
    const { status, body } = await kube.get(`${PATH}?watch=true&resourceVersion=${version}`);
    expect(status).toBe(200);
    const message = expect.stringMatching(new RegExp(`^too old resource version: ${version} \\(\\d+\\)$`));
    expect(body).toEqual([{ type: 'ERROR', object: failure(410, 'Expired', message) }]);
  });

  it('the continue token of that list is answered with 410 and another token', async () => {
    const { status, body } = await kube.get(`${PATH}?limit=1&continue=${token}`);
    expect(status).toBe(410);
    const next = textAt(body, 'metadata.continue');
    const message = expect.stringContaining('The provided continue parameter is too old');
    expect(body).toEqual({ ...failure(410, 'Expired', message), metadata: { continue: next } });
    const from = Buffer.from(token, 'base64url').toString();
    const start = /"start":"\/([^\\]+)/.exec(from)?.[1];
    expect(JSON.parse(Buffer.from(next, 'base64url').toString())).toEqual({
      v: 'meta.k8s.io/v1',
      rv: -1,
      start: `${start}\0`,
    });

    // The new token continues at the same position, in the current list.
    const page = await kube.get(`${PATH}?limit=1&continue=${next}`);
    expect(arrayAt(page.body, 'items').map((item) => at(item, 'metadata.name'))).toEqual(['b']);
    expect(at(page.body, 'items.0.spec.replicas')).toBe(4);
    expect(Number(at(page.body, 'metadata.resourceVersion'))).toBeGreaterThan(Number(version));
  });

  it('a list works as usual', async () => {
    const { status, body } = await kube.get(PATH);
    expect(status).toBe(200);
    expect(arrayAt(body, 'items').map((item) => at(item, 'metadata.name'))).toEqual(
      expect.arrayContaining(['a', 'b', 'c']),
    );
  });
});
