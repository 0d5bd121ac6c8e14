import { expect, it } from 'vitest';
import { LateWrites, type UnknownWrite } from '../../../../src/cluster/ownership/late-writes.ts';

const write = (replicas: number): UnknownWrite => ({
  namespace: 'default',
  deployment: 'cart',
  uid: 'u',
  replicas,
  user: 'alice',
  batch: undefined,
  since: Date.now() / 1000,
});

it('a thousand writes of unknown outcome are remembered, the latest ones', () => {
  const late = new LateWrites();
  for (let replicas = 0; replicas < 1_200; replicas += 1) late.add(write(replicas));
  const kept = Array.from({ length: 1_200 }, (_, replicas) => late.take('u', replicas)).filter(
    (each) => each !== undefined,
  );
  expect(kept.map(({ replicas }) => replicas)).toEqual(
    Array.from({ length: 1_000 }, (_, index) => 200 + index),
  );
});

it('writes of one count to one Deployment are remembered as one, so that repeating one takes no room', () => {
  const late = new LateWrites();
  late.add(write(1));
  for (let time = 0; time < 1_200; time += 1) late.add(write(2));
  expect(late.take('u', 1)).toMatchObject({ replicas: 1 });
  expect(late.take('u', 2)).toMatchObject({ replicas: 2 });
  expect(late.take('u', 2)).toBeUndefined();
});
