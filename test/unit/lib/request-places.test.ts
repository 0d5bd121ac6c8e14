import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { RequestPlaces } from '../../../src/lib/request-places.ts';
import { ClientConnection } from '../../../src/tls/client-connection.ts';

const MAX = 80;
const MAX_PER_CLIENT = 60;

/** A client takes all places that it can get, as if its requests had been read already. Returns their number. */
function takeAll(places: RequestPlaces, user: string): number {
  const connection = new ClientConnection(new Socket(), { kind: 'client', user, groups: [] }, undefined);
  places.add(connection);
  let taken = 0;
  while (places.take(connection)) taken += 1;
  return taken;
}

it('request places: a single client gets all places that one client may have', () => {
  expect(takeAll(new RequestPlaces(MAX, MAX_PER_CLIENT), 'alone')).toBe(MAX_PER_CLIENT);
});

it('request places: the last ones are kept for clients that have few, however many the others take', () => {
  const places = new RequestPlaces(MAX, MAX_PER_CLIENT);
  for (const user of ['first', 'second', 'third']) takeAll(places, user);
  expect(takeAll(places, 'fourth')).toBeGreaterThan(0);
});
