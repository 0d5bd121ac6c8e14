import { expect } from 'vitest';
import type { BatchAnswerBody, BatchItemBody } from '../../src/api/batch-schema.ts';
import type { DeploymentSeed } from './fake-apiserver/deployments.ts';
import type { FakeApiServer } from './fake-apiserver/fake-apiserver.ts';
import type { Answer } from './test-client.ts';
import { until } from './until.ts';

/** Sends requests: a TestService or a TestClient. */
interface Poster {
  post(path: string, body: unknown): Promise<Answer>;
}

/** How many items a cluster writes at a time. */
export const AT_A_TIME = 8;
/** Only ends a failed test: hundreds of writes take a while on a busy machine. */
const LIMIT_MS = 500_000;

/** This many Deployments of the namespace `jobs` with the label tier=batch and 1 to 4 replicas, in order of their names. */
export function jobs(count: number): DeploymentSeed[] {
  return Array.from({ length: count }, (_, at) => ({
    namespace: 'jobs',
    name: `job-${`${at}`.padStart(4, '0')}`,
    replicas: 1 + (at % 4),
    marks: { labels: { tier: 'batch' } },
  }));
}

/** The batch that sets all jobs to this count. */
export function settingJobs(count: number, replicas: number) {
  return {
    items: jobs(count).map(({ namespace, name: deployment }) => ({ namespace, deployment, replicas })),
  };
}

/** Sends a batch that must be answered with 200. */
export async function batch(poster: Poster, body: object, query = ''): Promise<BatchAnswerBody> {
  const answer = await poster.post(`/scale${query}`, body);
  expect(answer).toMatchObject({ status: 200 });
  return bodyOf(answer);
}

/** The plan of setting everything with the label tier=batch. */
export function planOfJobs(poster: Poster, replicas = 0): Promise<BatchAnswerBody> {
  return batch(poster, { select: { labelSelector: 'tier=batch' }, replicas }, '?dryRun=true');
}

/** The answer that a batch was answered with. */
export function bodyOf({ body }: Answer): BatchAnswerBody {
  if (!isBatchAnswer(body)) throw new Error(`no answer of a batch: ${JSON.stringify(body)}`);
  return body;
}

function isBatchAnswer(body: unknown): body is BatchAnswerBody {
  return typeof body === 'object' && body !== null && 'counts' in body && 'items' in body;
}

/** The outcomes that there are, with the number of items of each. */
export function countsIn({ counts }: BatchAnswerBody): Partial<BatchAnswerBody['counts']> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** The items with this outcome. */
export function itemsWith(outcome: BatchItemBody['outcome'], { items }: BatchAnswerBody): BatchItemBody[] {
  return items.filter((item) => item.outcome === outcome);
}

/** The count of each job in the API server, by name. */
export function countsOfJobs(api: FakeApiServer): Record<string, number> {
  const records = api.deployments.list().filter(({ namespace }) => namespace === 'jobs');
  return Object.fromEntries(records.map(({ name, replicas }) => [name, replicas]));
}

/** Writes that the API server has received and handles once they are released. */
export interface HeldWrites {
  /** Resolves once no more of a batch can come. */
  readonly full: () => Promise<void>;
  release(): void;
}

/** Makes the API server hold all writes of counts after this many. */
export function holdWrites(api: FakeApiServer, after: number): HeldWrites {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const fault = api.faults.add({
    on: 'patchScale',
    skip: after,
    fault: { type: 'call', action: () => gate },
  });
  return { full: () => until(() => fault.hits >= AT_A_TIME, LIMIT_MS), release };
}
