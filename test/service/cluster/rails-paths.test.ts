import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { makeReceipt } from '../../../src/batch/receipt.ts';
import type { RailLimits, RailRule } from '../../../src/cluster/rails/rule.ts';
import { bodyOf } from '../../support/batches.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { holds } from '../../support/kube/property.ts';
import { at } from '../../support/kube-requests.ts';
import { admits, anyLimits, rule } from '../../support/rails.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';
import type { Answer } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

/** Only ends a failed test: hundreds of writes take a while on a busy machine. */
vi.setConfig({ testTimeout: 600_000 });

const CLUSTERS = ['one', 'two'] as const;
const NAMESPACES = ['shop', 'bank'] as const;
const NAME = 'cart';
const TIERS = ['web', 'jobs'] as const;

interface Target {
  readonly cluster: (typeof CLUSTERS)[number];
  readonly namespace: (typeof NAMESPACES)[number];
}

let clusters: Record<Target['cluster'], FakeApiServer>;
let service: TestService;
const rules: { current: readonly RailRule[] } = { current: [] };

beforeAll(async () => {
  const deployments = NAMESPACES.map((namespace) => ({ namespace, name: NAME }));
  const options = { rolloutDelayMs: Number.POSITIVE_INFINITY, deployments };
  clusters = { one: await FakeApiServer.start(options), two: await FakeApiServer.start(options) };
  const kubeconfig = { one: clusters.one.kubeconfig, two: clusters.two.kubeconfig };
  service = await TestService.start({ kubeconfig, rails: rules, timing: PATIENT_WRITES });
  await service.synced();
});
afterAll(async () => {
  await service.stop();
  for (const cluster of Object.values(clusters)) await cluster.stop();
});

const recordOf = ({ cluster, namespace }: Target) => clusters[cluster].deployments.get(namespace, NAME);
const present = (target: Target) => recordOf(target)?.replicas ?? Number.NaN;

/** A way to set a count. It resolves with whether the service says that the count is set, or would be. */
type Path = (target: Target, replicas: number) => Promise<boolean>;

/** Whether an answer is that of a write; otherwise it is that of a refusal by a rail. */
function isMade({ status, body }: Answer): boolean {
  if (status !== 200) expect({ status, code: at(body, 'code') }).toEqual({ status: 422, code: 'RAIL' });
  return status === 200;
}

const single =
  (operation: string, query = ''): Path =>
  async ({ cluster, namespace }, replicas) => {
    const url = `/${cluster}/${operation}?namespace=${namespace}&deployment=${NAME}${query}`;
    return isMade(await service.post(url, { replicas }));
  };

/** The receipt of a batch that sets the Deployment to `asked`, where it had `before`. */
function receiptOf(
  { cluster, namespace }: Target,
  counts: { readonly before: number; readonly asked: number },
) {
  const uid = recordOf({ cluster, namespace })?.uid ?? '';
  return makeReceipt(randomUUID(), [{ cluster, namespace, deployment: NAME, uid, ...counts }]);
}

const items =
  (prefix: (target: Target) => string, query = ''): Path =>
  async (target, replicas) => {
    const item = { ...target, deployment: NAME, replicas };
    return isMade(await service.post(`${prefix(target)}/scale${query}`, { items: [item] }));
  };

const finish =
  (query = ''): Path =>
  async (target, asked) => {
    const receipt = receiptOf(target, { before: present(target), asked });
    return isMade(await service.post(`/scale${query}`, { receipt }));
  };

/** A restore leaves alone what it may not set. */
const restore =
  (query = ''): Path =>
  async (target, before) => {
    const receipt = receiptOf(target, { before, asked: present(target) });
    const answer = bodyOf(await service.post(`/scale${query}`, { restore: receipt }));
    const [item] = answer.items;
    if (item?.outcome === 'leftAlone') expect(item.code).toBe('RAIL');
    return item?.outcome !== 'leftAlone';
  };

/** What a plan of this selection has a receipt for is set by that receipt. */
const selected: Path = async ({ cluster, namespace }, replicas) => {
  const select = { clusters: [cluster], namespace };
  const { receipt } = bodyOf(await service.post('/scale?dryRun=true', { select, replicas }));
  if (receipt === undefined) return false;
  return isMade(await service.post('/scale', { receipt }));
};

/** All ways to set a count, of which none may pass a rail. */
const PATHS: Readonly<Record<string, Path>> = {
  single: single('replica-count'),
  'single, of the default cluster': async (target, replicas) => {
    if (target.cluster !== 'one') return single('replica-count')(target, replicas);
    const url = `/replica-count?namespace=${target.namespace}&deployment=${NAME}`;
    return isMade(await service.post(url, { replicas }));
  },
  'single, with force': single('replica-count', '&force=true'),
  'by the old name': single('set-replica-count'),
  'by the old name, with force': single('set-replica-count', '&force=true'),
  'single, dry run': single('replica-count', '&dryRun=true'),
  'items of the fleet': items(() => ''),
  'items of a cluster': items(({ cluster }) => `/${cluster}`),
  'items, with force': items(() => '', '?force=true'),
  receipt: finish(),
  'receipt, with force': finish('?force=true'),
  restore: restore(),
  'restore, with force': restore('?force=true'),
  'receipt of what was selected': selected,
};

/** What the annotations and the labels of the Deployment are, and its count, before a write. */
interface Before {
  readonly replicas: number;
  readonly tier: (typeof TIERS)[number];
  readonly annotations: Partial<Pick<RailLimits, 'min' | 'max' | 'protected'>>;
}

interface Step {
  readonly target: Target;
  readonly before: Before;
  readonly path: string;
  readonly asked: number;
}

const count = fc.integer({ min: 0, max: 12 });
const some = <T>(...values: readonly T[]) => fc.subarray([...values], { maxLength: 1 });
const anyRule = fc.record({
  limits: anyLimits,
  clusters: some(...CLUSTERS),
  namespaces: some(...NAMESPACES),
  tier: fc.option(fc.constantFrom(...TIERS), { nil: undefined }),
});
/** What annotations can say of limits. */
function asAnnotations({ min, max, protected: reason }: Partial<RailLimits>): Before['annotations'] {
  return {
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(reason !== undefined && { protected: reason }),
  };
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  target: fc.record({ cluster: fc.constantFrom(...CLUSTERS), namespace: fc.constantFrom(...NAMESPACES) }),
  before: fc.record({
    replicas: count,
    tier: fc.constantFrom(...TIERS),
    annotations: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, anyLimits.map(asAnnotations)),
  }),
  path: fc.constantFrom(...Object.keys(PATHS)),
  asked: count,
});

/** Brings the Deployment into this state, and the cache up to it. */
async function prepare(
  { cluster, namespace }: Target,
  { replicas, tier, annotations }: Before,
): Promise<void> {
  const { deployments } = clusters[cluster];
  deployments.label(namespace, NAME, { tier });
  deployments.annotate(
    namespace,
    NAME,
    Object.fromEntries(
      Object.entries(annotations).map(([key, value]) => [`k8s-deployment-scaler/${key}`, `${value}`]),
    ),
  );
  const record = deployments.scale(namespace, NAME, replicas);
  const read = `/${cluster}/replica-count?namespace=${namespace}&deployment=${NAME}`;
  await until(
    async () => (await service.get(`${read}&minResourceVersion=${record.resourceVersion}`)).status === 200,
  );
}

it('no way to set a count passes a rail, and all rails together let everything else pass', async () => {
  await holds(
    fc.asyncProperty(
      fc.array(anyRule, { maxLength: 3 }),
      fc.array(anyStep, { minLength: 1, maxLength: 2 }),
      async (written, steps) => {
        rules.current = written.map(({ limits, tier, ...where }, at) =>
          rule(`${at}`, { ...limits, ...where, ...(tier && { selector: `tier=${tier}` }) }),
        );
        for (const { target, before, path, asked } of steps) {
          await prepare(target, before);
          const { cluster, namespace } = target;
          const isSaid = await PATHS[path]?.(target, asked);
          const limits = written
            .filter((each) => each.clusters.length === 0 || each.clusters.includes(cluster))
            .filter((each) => each.namespaces.length === 0 || each.namespaces.includes(namespace))
            .filter(({ tier }) => tier === undefined || tier === before.tier)
            .map((each) => each.limits);
          // The annotations are not one rule but one each, which makes no difference.
          const allowed = [...limits, before.annotations].every((each) =>
            admits(each, asked, before.replicas),
          );
          const isSet = allowed && !path.endsWith('dry run');
          const after = { path, isSaid, count: present(target) };
          expect(after).toEqual({ path, isSaid: allowed, count: isSet ? asked : before.replicas });
        }
      },
    ),
  );
});
