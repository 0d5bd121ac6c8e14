import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { deployment } from '../support/integration/contract-bodies.ts';
import { arrayAt, at, KubeRequests, textAt } from '../support/kube-requests.ts';
import { seed } from '../support/seed.ts';
import { TestService } from '../support/service.ts';
import { until } from '../support/until.ts';
import './global-setup.ts';

/** The service answers lists with label selectors as the API server does. */
const NAMESPACE = `label-selectors-${randomUUID().slice(0, 8)}`;
const PATH = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const DEPLOYMENTS = 40;
const SELECTORS = 500;
/** Every such selector is also read from the API server by the service. */
const FRESH_EVERY = 5;
const AT_A_TIME = 20;

const KEYS = ['app', 'tier', 'in', 'notin', 'shard', 'example.com/team', 'x_Y.z-1'] as const;
const VALUES = [
  '',
  'cart',
  'web',
  'in',
  'notin',
  '3',
  '007',
  '12',
  'A_b.c-1',
  '99999999999999999999',
] as const;

const anyKey = fc.constantFrom(...KEYS);
const anyValue = fc.constantFrom(...VALUES);
const anyLabels = fc.dictionary(anyKey, anyValue, { maxKeys: 5 });
const anySpace = fc.constantFrom('', '', ' ', '\t', '\r\n');
const anySet = fc.array(anyValue, { maxLength: 4 }).map((values) => `(${values.join(',')})`);
const anyRequirement = fc.oneof(
  anyKey,
  fc.tuple(fc.constant('!'), anySpace, anyKey),
  fc.tuple(anyKey, anySpace, fc.constantFrom('=', '==', '!='), anySpace, anyValue),
  fc.tuple(anyKey, fc.constantFrom(' in ', ' notin ', ' in', '\tnotin'), anySpace, anySet),
  fc.tuple(
    anyKey,
    anySpace,
    fc.constantFrom('>', '<'),
    anySpace,
    fc.constantFrom('0', '3', '7', '010', '-1'),
  ),
);
const anyRequirements = fc
  .array(fc.tuple(anySpace, anyRequirement, anySpace), { maxLength: 3 })
  .map((parts) => parts.map((part) => part.flat().join('')).join());
/** One wrong character is the most likely mistake. */
const anyTypo = fc
  .tuple(anyRequirements, fc.nat(), fc.nat(1), fc.constantFrom(...'=!<>(),/-._ aA0é\0'))
  .map(([text, place, replaced, character]) => {
    const index = place % (text.length + 1);
    return text.slice(0, index) + character + text.slice(index + replaced);
  });
const anyTokens = fc
  .array(fc.oneof(anyKey, fc.constantFrom('=', '!', '(', ')', ',', ' ', ' in ', '>', 'a'.repeat(64))), {
    maxLength: 6,
  })
  .map((tokens) => tokens.join(''));
const anySelector = fc.oneof(
  { weight: 5, arbitrary: anyRequirements },
  { weight: 3, arbitrary: anyTypo },
  { weight: 2, arbitrary: anyTokens },
);

let kube: KubeRequests;
let service: TestService;

beforeAll(async () => {
  const { kubeconfig, ...endpoint } = inject('kubeApiserver');
  kube = new KubeRequests(endpoint);
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  expect((await kube.post('/api/v1/namespaces', body)).status).toBe(201);
  const allLabels = fc.sample(anyLabels, { numRuns: DEPLOYMENTS, seed: seed() });
  await inTurns(allLabels, async (labels, index) => {
    const object = deployment(`deployment-${index}`, 1);
    const { status } = await kube.post(PATH, { ...object, metadata: { ...object.metadata, labels } });
    expect(status).toBe(201);
  });
  service = await (await TestService.start({ kubeconfig })).synced();
  await until(async () => (await listed('')).names?.length === DEPLOYMENTS);
});

afterAll(async () => {
  await service?.stop();
  await kube.delete(PATH);
  await kube.close();
});

/** Calls for each item, a few at a time. */
async function inTurns<T>(
  items: readonly T[],
  act: (item: T, index: number) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < items.length; first += AT_A_TIME) {
    const some = items.slice(first, first + AT_A_TIME);
    await Promise.all(some.map((item, index) => act(item, first + index)));
  }
}

/** The status of a list, and the names if it is one. */
interface Listed {
  readonly status: number;
  readonly names: readonly unknown[] | undefined;
}

/** What the API server answers. */
async function truth(selector: string): Promise<Listed> {
  const { status, body } = await kube.get(`${PATH}?labelSelector=${encodeURIComponent(selector)}`);
  if (status !== 200) return { status, names: undefined };
  return {
    status,
    names: arrayAt(body, 'items').map((item) => `${NAMESPACE}/${textAt(item, 'metadata.name')}`),
  };
}

/** What the service answers. */
async function listed(selector: string, freshness = ''): Promise<Listed> {
  const path = `/deployments?namespace=${NAMESPACE}&labelSelector=${encodeURIComponent(selector)}${freshness}`;
  const { status, body } = await service.get(path);
  return { status, names: status === 200 ? arrayAt(body, 'deployments') : undefined };
}

it(`${SELECTORS} generated selectors select the same Deployments as at the API server, or are refused by both`, async () => {
  const selectors = fc.sample(anySelector, { numRuns: SELECTORS, seed: seed() });
  const refused: string[] = [];
  const narrow: string[] = [];
  await inTurns(selectors, async (selector, index) => {
    const expected = await truth(selector);
    expect({ selector, ...(await listed(selector)) }).toEqual({ selector, ...expected });
    if (index % FRESH_EVERY === 0)
      expect({ selector, ...(await listed(selector, '&maxAge=0')) }).toEqual({ selector, ...expected });
    const count = expected.names?.length ?? 0;
    if (expected.status === 400) refused.push(selector);
    else if (count > 0 && count < DEPLOYMENTS) narrow.push(selector);
  });
  // The comparison is worth something only if the generated selectors are of all sorts.
  expect(refused.length).toBeGreaterThan(SELECTORS / 10);
  expect(narrow.length).toBeGreaterThan(SELECTORS / 10);
});

it('a Deployment that gets other labels changes its lists at once', async () => {
  const name = 'deployment-0';
  const labels = { app: 'moved', tier: null };
  const { body } = await kube.patch(`${PATH}/${name}`, { metadata: { labels } });
  const version = String(at(body, 'metadata.resourceVersion'));
  const seen = await listed('app=moved', `&minResourceVersion=${version}`);
  expect(seen.names).toEqual([`${NAMESPACE}/${name}`]);
  expect((await listed('app=moved,tier')).names).toEqual([]);
});
