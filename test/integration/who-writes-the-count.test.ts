import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlPlane, SERVICE } from '../support/integration/control-plane.ts';
import { chartIn, WRITERS } from '../support/integration/writers.ts';
import { textAt } from '../support/kube-requests.ts';
import { TestService } from '../support/service.ts';
import type { Answer } from '../support/test-client.ts';

/** On a real control plane, by the real programs: what becomes of a count that the service has set. */
const OURS = { manager: SERVICE, operation: 'Apply', subresource: 'scale' };
const CONFLICT =
  /conflict with "k8s-deployment-scaler" with subresource "scale"(?: using apps\/v1)?: \.spec\.replicas/;

let plane: ControlPlane;
let service: TestService;

beforeAll(async () => {
  plane = await ControlPlane.start();
  service = await (await TestService.start({ kubeconfig: plane.apiserver.kubeconfig })).synced();
  await service.autoscalersKnown('default');
}, 600_000);

afterAll(async () => {
  await service?.stop();
  await plane?.stop();
});

/** Resolves once the service has seen the Deployment as it is now. */
async function seen(name: string): Promise<void> {
  const version = textAt(await plane.deployment(name), 'metadata.resourceVersion');
  const path = `/replica-count?namespace=default&deployment=${name}&minResourceVersion=${version}`;
  expect(await service.get(path)).toMatchObject({ status: 200 });
}

/** Scales by the service, which must know the latest state. */
async function scale(name: string, replicas: number): Promise<Answer> {
  await seen(name);
  const answer = await service.scale('default', name, replicas);
  expect(answer).toMatchObject({ status: 200, body: { replicaCount: replicas } });
  return answer;
}

const slug = (title: string) => title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

describe.each(WRITERS)('$title', ({ title, writes, owners, outcome, forecast, write, again }) => {
  const name = slug(title);
  let answer: Answer;

  beforeAll(async () => {
    expect(await write(plane, name)).toMatchObject({ status: 0 });
    expect(await plane.count(name)).toBe(writes);
    expect(await plane.owners(name)).toEqual(owners);
    answer = await scale(name, 5);
  });

  it(`has a forecast: ${forecast}`, () => {
    expect(answer.headers['x-replicas-forecast']).toBe(forecast.replace('NAME', name));
  });

  it('owns the count no longer once the service has set another', async () => {
    expect(await plane.owners(name)).toEqual([OURS]);
  });

  it(`${outcome} on its next run`, async () => {
    const ended = await again?.(plane, name);
    if (outcome === 'fails') expect(ended).toMatchObject({ stderr: expect.stringMatching(CONFLICT) });
    expect(ended?.status ?? 0).toBe(outcome === 'fails' ? 1 : 0);
    expect(await plane.count(name)).toBe(outcome === 'sets its count again' ? writes : 5);
  });
});

const repeating = WRITERS.filter(({ outcome }) => outcome !== 'keeps the count');

describe.each(repeating)('$title, whose count the service sets again', ({ title, writes, write, again }) => {
  const name = `${slug(title)}-same`;
  let answer: Answer;

  beforeAll(async () => {
    expect(await write(plane, name)).toMatchObject({ status: 0 });
    await scale(name, 5);
    answer = await scale(name, writes);
  });

  it('is not said to undo it for certain', () => {
    const certain = /undone|(drifts|blocksUpgrade); by="[^"]+"(,|$)/;
    expect(String(answer.headers['x-replicas-forecast'])).toMatch(/^(holds|drifts|blocksUpgrade)\b/);
    expect(answer.headers['x-replicas-forecast']).not.toMatch(certain);
  });

  it('keeps it, without a conflict', async () => {
    expect(await again?.(plane, name)).toMatchObject({ status: 0 });
    expect(await plane.count(name)).toBe(writes);
  });
});

/** Why the service applies the scale subresource, and does not send the present count. */
describe('a merge patch of the scale subresource', () => {
  it.each([
    { what: '0 and then a count', counts: [0, 6] },
    { what: 'the present count twice', counts: [3, 3] },
  ])('leaves the count without an owner for good: $what', async ({ what, counts }) => {
    const name = slug(what);
    await plane.create(name, 3);
    for (const replicas of [...counts, 7]) await plane.patchScale(name, replicas);
    expect(await plane.owners(name)).toEqual([]);
  });

  const appliers = WRITERS.filter(({ outcome }) => outcome === 'fails');

  it.each(appliers)('of 0 does not keep $title from setting its count back', async (writer) => {
    const name = `${slug(writer.title)}-patched`;
    expect(await writer.write(plane, name)).toMatchObject({ status: 0 });
    await plane.patchScale(name, 0);
    expect(await writer.again?.(plane, name)).toMatchObject({ status: 0 });
    expect(await plane.count(name)).toBe(writer.writes);
  });
});

describe('a count of 0 that the service sets', () => {
  it.each(WRITERS)('is foretold as it comes about: $title', async ({ title, writes, write, again }) => {
    const name = `${slug(title)}-to-zero`;
    expect(await write(plane, name)).toMatchObject({ status: 0 });
    const forecast = String((await scale(name, 0)).headers['x-replicas-forecast']);
    const certain = /^(drifts|blocksUpgrade); by="[^"]+"(,|$)/.exec(forecast)?.[1];
    const ended = await again?.(plane, name);
    if (ended !== undefined && ended.status !== 0) expect(certain).toMatch(/^(blocksUpgrade|drifts)$/);
    else if ((await plane.count(name)) === writes) expect(forecast).toMatch(/^drifts\b/);
    else expect(forecast).toMatch(/^(holds$|drifts; by="[^"]+"; certainty=possible$)/);
  });
});

describe('a release of Helm 4 that the service has scaled', () => {
  const upgrade = async (name: string, ...args: readonly string[]) =>
    plane.run('helm', 'upgrade', name, await chartIn(plane), ...args);

  async function scaledRelease(name: string): Promise<Answer> {
    await plane.succeed('helm', 'install', name, await chartIn(plane));
    const answer = await scale(name, 5);
    expect(await upgrade(name)).toMatchObject({ status: 1, stderr: expect.stringMatching(CONFLICT) });
    expect(await plane.count(name)).toBe(5);
    return answer;
  }

  it('is upgraded if the value is the present count', async () => {
    await scaledRelease('value');
    expect(await upgrade('value', '--set', 'replicas=5')).toMatchObject({ status: 0 });
    expect(await plane.count('value')).toBe(5);
    expect(await plane.owners('value')).toEqual([{ manager: 'helm', operation: 'Apply' }, OURS]);
  });

  it('is upgraded with --force-conflicts, which sets the count back', async () => {
    await scaledRelease('force');
    expect(await upgrade('force', '--force-conflicts')).toMatchObject({ status: 0 });
    expect(await plane.count('force')).toBe(3);
    expect(await plane.owners('force')).toEqual([{ manager: 'helm', operation: 'Apply' }]);
  });

  it('is upgraded if its chart leaves the count out, and keeps the count', async () => {
    await scaledRelease('left-out');
    expect(await upgrade('left-out', '--set', 'replicas=null')).toMatchObject({ status: 0 });
    expect(await plane.count('left-out')).toBe(5);
    await scale('left-out', 6);
    expect(await upgrade('left-out', '--set', 'replicas=null')).toMatchObject({ status: 0 });
    expect(await plane.count('left-out')).toBe(6);
  });

  it('was told both remedies by a Warning, with the count to set', async () => {
    const { headers } = await scaledRelease('warned');
    const warnings = [headers.warning ?? []].flat();
    expect(warnings).toContainEqual(expect.stringMatching(/^299 - ".*\b5\b.*--force-conflicts.*"$/));
  });
});

describe('a count that the owner stops writing while it is the only owner becomes 1, the default', () => {
  it('in Helm 4, if the service has not scaled before', async () => {
    await plane.succeed('helm', 'install', 'dropped', await chartIn(plane));
    await plane.succeed('helm', 'upgrade', 'dropped', await chartIn(plane), '--set', 'replicas=null');
    expect(await plane.count('dropped')).toBe(1);
  });

  it('in Helm 3, once, and then scales of the service stay', async () => {
    const upgrade = async () =>
      plane.succeed('helm3', 'upgrade', 'dropped-3', await chartIn(plane), '--set', 'replicas=null');
    await plane.succeed('helm3', 'install', 'dropped-3', await chartIn(plane));
    await scale('dropped-3', 5);
    await upgrade();
    expect(await plane.count('dropped-3')).toBe(1);
    await scale('dropped-3', 5);
    await upgrade();
    expect(await plane.count('dropped-3')).toBe(5);
  });

  it('in kubectl apply, unless set-last-applied takes it out first', async () => {
    for (const first of [[], ['set-last-applied']]) {
      const name = `dropped-apply-${first.length}`;
      const applied = await plane.write({ name, replicas: 3 });
      await plane.succeed('kubectl', 'apply', '--filename', applied);
      await scale(name, 5);
      const without = await plane.write({ name });
      for (const verb of first) await plane.succeed('kubectl', 'apply', verb, '--filename', without);
      await plane.succeed('kubectl', 'apply', '--filename', without);
      expect(await plane.count(name)).toBe(first.length === 0 ? 1 : 5);
    }
  });
});
