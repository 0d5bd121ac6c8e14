import { STATUS_CODES } from 'node:http';
import fc from 'fast-check';
import type { LightMyRequestResponse } from 'fastify';
import { expect, it } from 'vitest';
import type { ScaleReading } from '../../../src/cluster/access/guarded-cluster.ts';
import { DeploymentError } from '../../../src/cluster/cluster-errors.ts';
import type { ScaleRequest } from '../../../src/cluster/scaler.ts';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';
import { DOCUMENTED } from '../../support/security/answers.ts';
import { seed } from '../../support/seed.ts';
import { requests } from './generators.ts';
import { type FuzzRequest, judge, type World } from './oracle.ts';

/** `make fuzz` sets FUZZ_RUNS to 100,000. A failure prints its seed, for SEED. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 2_000);
const SEED = seed();

const COUNTS = { 'default/my-deployment': 3, 'shop/cart': 4, 'default/a.b': 0 };
const WORLD: World = new Map(
  Object.entries(COUNTS).map(([key, replicas]) => [key, { replicas, tag: '"uid.1"' }]),
);

/** Records writes without making them, so that no request depends on earlier ones. */
class NotingCluster extends MemoryCluster {
  noted: { readonly key: string; readonly replicas: number }[] = [];

  override async scale({
    namespace,
    deployment,
    replicas,
    precondition,
  }: ScaleRequest): Promise<ScaleReading> {
    const { value } = this.deployment(namespace, deployment);
    if (precondition && !precondition(value))
      throw new DeploymentError('PRECONDITION_FAILED', namespace, deployment);
    this.noted.push({ key: `${namespace}/${deployment}`, replicas });
    const result = {
      uid: 'uid',
      replicas,
      resourceVersion: '2',
      applied: true,
      replaced: undefined,
      warnings: [],
    };
    return { ...result, entityTag: 'uid.2', previous: value.replicas, forecasts: this.forecasts };
  }
}

/** The mistake in the answer, or undefined. */
function fault(
  request: FuzzRequest,
  answer: LightMyRequestResponse,
  cluster: NotingCluster,
): string | undefined {
  const verdict = judge(request, WORLD);
  const { statusCode, headers, body } = answer;
  const expected = verdict.kind === 'written' ? [{ key: verdict.key, replicas: verdict.replicas }] : [];
  if (JSON.stringify(cluster.noted) !== JSON.stringify(expected))
    return `wrote ${JSON.stringify(cluster.noted)}`;
  if (headers['cache-control'] !== 'no-store' || headers['x-content-type-options'] !== 'nosniff')
    return 'headers';
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(String(headers['x-request-id']))) return 'x-request-id';
  if (headers['content-type'] !== 'application/json; charset=utf-8') return 'content-type';
  if (verdict.kind === 'written')
    return statusCode === 200 && body === `{"replicaCount":${verdict.replicas}}` ? undefined : 'no success';
  if (verdict.kind === 'read')
    return statusCode === 200 && body === (verdict.body ?? '') ? undefined : 'no success';
  const status = DOCUMENTED.get(verdict.codes[0] ?? '');
  if (request.method === 'HEAD')
    return body === '' && statusCode === status ? undefined : 'wrong status of HEAD';
  const parsed = JSON.parse(body);
  if (Object.keys(parsed).join() !== 'statusCode,code,error,message') return 'shape of the error';
  if (!verdict.codes.includes(parsed.code)) return `not ${verdict.codes.join(' or ')}`;
  if (statusCode !== DOCUMENTED.get(parsed.code) || parsed.statusCode !== statusCode) return 'status';
  return parsed.error === STATUS_CODES[statusCode] && typeof parsed.message === 'string'
    ? undefined
    : 'error';
}

it(
  `fuzz: ${RUNS} generated requests write exactly if they are valid writes, and every answer is documented`,
  async () => {
    const cluster = new NotingCluster(COUNTS);
    const app = await buildTestApp(cluster, { docs: false, page: false });
    const outcomes = new Map<string, number>();
    const property = fc.asyncProperty(requests, async (request) => {
      cluster.noted = [];
      const { method, url, headers, body } = request;
      const answer = await app.inject({
        method: method as 'GET', // inject's type lists fewer methods than it takes
        url,
        headers,
        ...(body === undefined ? {} : { payload: body }),
      });
      const verdict = judge(request, WORLD);
      const outcome = verdict.kind === 'refused' ? (verdict.codes[0] ?? '') : verdict.kind;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      const found = fault(request, answer, cluster);
      if (found !== undefined) throw new Error(`${found}: ${answer.statusCode} ${answer.body}`);
    });
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
    process.stdout.write(
      `fuzz: seed ${SEED}, ${[...outcomes].map(([name, n]) => `${name} ${n}`).join(', ')}\n`,
    );
    // The generators are useful only if they produce both writes and refusals.
    const written = outcomes.get('written') ?? 0;
    expect(written).toBeGreaterThan(RUNS / 50);
    expect(written).toBeLessThan(RUNS / 2);
  },
  RUNS * 20 + 10_000,
);
