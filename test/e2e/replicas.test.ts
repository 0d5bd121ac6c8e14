import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, kubectl } from '../support/e2e/commands.ts';
import { decided } from '../support/e2e/decided.ts';
import { Release } from '../support/e2e/release.ts';
import { deployment } from '../support/e2e/workload.ts';
import type { TestClient } from '../support/test-client.ts';

const ROUNDS = 60;

let release: Release;

beforeAll(async () => {
  // The default rails keep the service from scaling itself.
  release = await Release.install({ rails: { defaults: false } });
  await apply(deployment({ namespace: release.workloads, name: 'counted', replicas: 0, nowhere: true }));
});

afterAll(() => release?.remove());

describe('several replicas of the service', () => {
  it('are created when the service scales itself', async () => {
    const client = await release.client('client');
    expect(await decided(() => client.scale(release.name, release.fullname, 3))).toMatchObject({
      body: { replicaCount: 3 },
    });
    const ready = '--for=jsonpath={.status.readyReplicas}=3';
    await kubectl('wait', '-n', release.name, `deployment/${release.fullname}`, ready, '--timeout=120s');
    expect(await release.pods()).toHaveLength(3);
  });

  it('each show a write through another one to a reader who passes its resourceVersion', async () => {
    const pods = await release.pods();
    const clients = await Promise.all(pods.map((pod) => release.client('client', `pod/${pod}`)));
    const readBack = async (client: TestClient, version: string) => {
      const query = `namespace=${release.workloads}&deployment=counted&minResourceVersion=${version}`;
      return (await decided(() => client.get(`/replica-count?${query}`))).body;
    };
    for (let round = 1; round <= ROUNDS; round++) {
      const writer = clients[round % clients.length] ?? expect.fail('there are clients');
      const written = await decided(() => writer.scale(release.workloads, 'counted', round));
      expect(written).toMatchObject({ status: 200, body: { replicaCount: round } });
      const version = `${written.headers['x-resource-version']}`;
      const read = await Promise.all(clients.map((client) => readBack(client, version)));
      expect(read).toEqual(clients.map(() => ({ replicaCount: round })));
    }
  });
});
