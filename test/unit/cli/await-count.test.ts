import { expect, it } from 'vitest';
import { awaitCount } from '../../../src/cli/await-count.ts';
import { ConnectError } from '../../../src/cli/connect/connect-error.ts';
import { type Fetch, ScalerClient } from '../../../src/client/scaler-client.ts';

const TARGET = { namespace: 'shop', deployment: 'cart' };
const READY = { namespace: 'shop', deployment: 'cart', replicas: 5, ready: 5 };

/** The paths that are asked for while the service answers these, one after another. */
function service(...answers: readonly (readonly [status: number, body: object] | Error)[]) {
  const asked: string[] = [];
  const fetch: Fetch = async (url) => {
    const answer = answers[asked.push(url.replace('https://scaler', '')) - 1] ?? [500, {}];
    if (answer instanceof Error) throw answer;
    const [status, body] = answer;
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

it('a wait whose connection is lost goes on once the service answers again', async () => {
  const lost = new ConnectError('the connection was lost');
  const syncing = [503, { code: 'CACHE_NOT_SYNCED', message: '' }] as const;
  const { asked, client } = service(lost, lost, syncing, [502, {}], [200, READY]);
  const state = await awaitCount({ signal }, client, TARGET, { replicas: 5, seconds: 100_000 });
  expect([state, asked.length]).toEqual([READY, 5]);
});

it('a certificate that is refused, or a service that fails, ends the wait', async () => {
  const wrong = new ConnectError('the key does not fit', { usage: true });
  for (const answer of [wrong, [500, { code: 'INTERNAL_ERROR', message: '' }]] as const) {
    const { asked, client } = service(answer, [200, READY]);
    const waiting = awaitCount({ signal }, client, TARGET, { replicas: 5, seconds: 100_000 });
    await expect(waiting).rejects.toThrow();
    expect(asked).toHaveLength(1);
  }
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
