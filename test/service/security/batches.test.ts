import { afterEach, describe, expect, it } from 'vitest';
import { errorCode } from '../../support/security/answers.ts';
import type { RawConnection } from '../../support/security/raw.ts';
import { Scene } from '../../support/security/scene.ts';
import { measured } from '../../support/service-metrics.ts';
import { until } from '../../support/until.ts';

/** Batches of writes: their places, and the size of their bodies and answers. */
let scene: Scene;

afterEach(() => scene.stop());

const head = (bytes: number) =>
  `POST /scale?dryRun=true HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`;
const ITEM = { namespace: 'shop', deployment: 'cart', replicas: 4 };
const BATCH = JSON.stringify({ items: [ITEM] });

/** A body that is not sent for a while does not end its request. */
const UNFINISHED = { requestTimeoutSeconds: 120, idleTimeoutSeconds: 120 };

const batches = () => scene.service.app.longLived.batches;

/** A connection of the attacker with a batch whose body does not arrive. */
async function unfinished(): Promise<RawConnection> {
  const connection = await scene.open();
  const count = batches() + 1;
  connection.send(`${head(BATCH.length)}${BATCH.slice(0, 10)}`);
  await until(() => batches() === count);
  return connection;
}

const plan = () => scene.bystander.post('/scale?dryRun=true', { items: [ITEM] });

describe('the places of batches', () => {
  it('are taken before the body has arrived, per client, and given back if it does not', async () => {
    scene = await Scene.start({ ...UNFINISHED, maxBatches: 3, maxBatchesPerClient: 2 });
    const held = [await unfinished(), await unfinished()];
    expect(await measured(scene.service, 'scaler_batches')).toBe(2);
    const refused = await scene.open();
    // Nothing of its body is sent, so nothing of it is read.
    refused.send(head(700_000));
    await until(() => refused.answers.length === 1);
    expect(refused.answers.map((answer) => errorCode(answer))).toEqual(['BATCH_BUSY']);
    expect(refused.answers[0]?.headers['retry-after']).toBe('10');
    expect(await plan()).toMatchObject({ status: 200, body: { counts: { unchanged: 1 } } });
    for (const connection of held) connection.close();
    await until(() => batches() === 0);
    // The rest of the refused request is not kept, and its connection goes on.
    refused.send(' '.repeat(700_000) + head(BATCH.length) + BATCH);
    await until(() => refused.answers.length === 2);
    expect(refused.answers[1]?.status).toBe(200);
    await until(() => batches() === 0);
    expect(await measured(scene.service, 'scaler_requests_shed_total{limit="batches"}')).toBe(1);
    await scene.expectUnharmed();
  });

  it('are limited in all, and other requests are served while all are taken', async () => {
    scene = await Scene.start({ ...UNFINISHED, maxBatches: 2, maxBatchesPerClient: 2 });
    const held = [await unfinished(), await unfinished()];
    expect(await plan()).toMatchObject({ status: 429, body: { code: 'BATCH_BUSY' } });
    for (const connection of held) connection.send(BATCH.slice(10));
    await until(() => held.every(({ answers }) => answers[0]?.status === 200));
    expect(await plan()).toMatchObject({ status: 200 });
    await scene.expectUnharmed();
  });
});

/** The longest body that a batch can have. */
const LONGEST = {
  items: Array.from({ length: 1_000 }, (_, index) => ({
    namespace: 'shop',
    deployment: `d${index}-`.padEnd(253, 'x'),
    replicas: 2_147_483_647,
  })),
};

it.each([
  ['a plan', '?dryRun=true'],
  ['a refusal', ''],
])(
  'the answer to a batch that is not read takes neither its place nor more than a few pieces: %s',
  async (_, query) => {
    scene = await Scene.start();
    const connection = await scene.open();
    connection.socket.pause();
    const text = JSON.stringify(LONGEST);
    connection.send(`${head(text.length).replace('?dryRun=true', query)}${text}`);
    await until(() => (scene.attackers[0]?.socket.writableLength ?? 0) > 0);
    const [known] = scene.attackers;
    await until(() => batches() === 0);
    expect(known?.socket.writableLength).toBeLessThanOrEqual(3 * 64 * 1024);
    expect(known?.running.size).toBe(1);
    connection.close();
    await scene.expectUnharmed();
  },
);

it('a batch with a body and an answer of many pieces passes whole', async () => {
  scene = await Scene.start();
  const { status, body } = await scene.bystander.post('/scale?dryRun=true', LONGEST);
  expect(status).toBe(200);
  expect(body).toMatchObject({ counts: { refused: 1_000 } });
  expect(Reflect.get(Object(body), 'items')).toHaveLength(1_000);
  await scene.expectUnharmed();
});

it('a body beyond the size of a batch is refused before it arrives', async () => {
  scene = await Scene.start();
  const connection = await scene.open();
  connection.send(head(786_433));
  await connection.ended();
  expect(connection.answers.map((answer) => errorCode(answer))).toEqual(['BODY_TOO_LARGE']);
  await until(() => batches() === 0);
  await scene.expectUnharmed();
});
