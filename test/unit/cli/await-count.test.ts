import { expect, it } from 'vitest';
import { awaitCount } from '../../../src/cli/await-count.ts';
import { type Fetch, ScalerClient } from '../../../src/client/scaler-client.ts';

const TARGET = { namespace: 'shop', deployment: 'cart' };
const READY = { namespace: 'shop', deployment: 'cart', replicas: 5, ready: 5 };

/** The paths that are asked for while the service answers these, one after another. */
function service(...answers: readonly (readonly [status: number, body: object])[]) {
  const asked: string[] = [];
  const fetch: Fetch = async (url) => {
    const [status, body] = answers[asked.push(url.replace('https://scaler', '')) - 1] ?? [500, {}];
    const location = '/deployments/shop/cart?wait=60&replicas=5&uid=u-1';
    return new Response(JSON.stringify(body), { status, headers: status === 504 ? { location } : {} });
  };
  return { asked, client: new ScalerClient('https://scaler', fetch) };
}

const signal = new AbortController().signal;

it('a wait of more than 300 s goes on in another request, for the same Deployment', async () => {
  const { asked, client } = service([504, { code: 'NOT_READY_IN_TIME', message: '' }], [200, READY]);
  const state = await awaitCount({ signal }, client, TARGET, {
    replicas: 5,
    seconds: 100_000,
    minResourceVersion: '7',
  });
  expect(state).toEqual(READY);
  expect(asked).toEqual([
    '/deployments/shop/cart?wait=300&replicas=5&minResourceVersion=7',
    '/deployments/shop/cart?wait=300&replicas=5&uid=u-1',
  ]);
});

it('a wait whose time is up goes on no longer', async () => {
  const { asked, client } = service([504, { code: 'NOT_READY_IN_TIME', message: '' }], [200, READY]);
  const waiting = awaitCount({ signal }, client, TARGET, { replicas: 5, seconds: 0 });
  await expect(waiting).rejects.toMatchObject({ code: 'NOT_READY_IN_TIME' });
  expect(asked).toEqual(['/deployments/shop/cart?wait=1&replicas=5']);
});

it('an end that another request cannot change ends the wait', async () => {
  const { asked, client } = service([504, { code: 'ROLLOUT_STUCK', message: '' }], [200, READY]);
  const waiting = awaitCount({ signal }, client, TARGET, { replicas: 5, seconds: 100_000 });
  await expect(waiting).rejects.toMatchObject({ code: 'ROLLOUT_STUCK' });
  expect(asked).toHaveLength(1);
});
