import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment } from '../../../src/cluster/deployment.ts';
import type { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { listAnswer, reduced } from './server-history.ts';
import { type Subject, watches } from './subject.ts';

/** The longest wait of a reflector in a walk: several watches in a row that end because of silence. */
const LIMIT_MS = 90_000;

/** Waits until the whole cache equals the server and states a true age. @throws with the first difference */
export async function becomesEqual(subject: Subject, demo: FakeApiServer): Promise<void> {
  const givesUpAt = performance.now() + LIMIT_MS;
  for (;;) {
    // The age first: to compare all records every few milliseconds would take most of the time of a busy machine.
    const difference = tooOld(subject) ?? differenceOf(subject, demo);
    if (difference === undefined) return;
    if (performance.now() > givesUpAt)
      throw new Error(`${subject.name} is not equal to the server within ${LIMIT_MS} ms: ${difference}`);
    await sleep(25);
  }
}

/** The age of the cache if it is more than a second. */
function tooOld({ cluster }: Subject): string | undefined {
  const { ageMs } = cluster.list();
  return ageMs > 1_000 ? `an age of ${Math.round(ageMs)} ms` : undefined;
}

/** The first difference between a cache and the server; undefined: they are equal. */
export function differenceOf(subject: Subject, demo: FakeApiServer): string | undefined {
  const { cluster } = subject;
  const records = demo.deployments.list().filter(({ namespace }) => watches(subject, namespace));
  const listed = cluster.list().value.toString();
  if (listed !== listAnswer(records)) return `${differingNames(listed, listAnswer(records))} in the list`;
  for (const namespace of new Set(records.map((record) => record.namespace))) {
    const expected = listAnswer(records.filter((record) => record.namespace === namespace));
    if (cluster.list(namespace).value.toString() !== expected) return `the list of ${namespace}`;
  }
  for (const record of records) {
    const expected = reduced(record);
    const found = cluster.deployment(record.namespace, record.name);
    if (!equal(found.value, expected))
      return `${JSON.stringify(found)} in the place of ${JSON.stringify(expected)}`;
  }
  return undefined;
}

function equal(a: Deployment, b: Deployment): boolean {
  return (
    a.namespace === b.namespace &&
    a.name === b.name &&
    a.uid === b.uid &&
    a.resourceVersion === b.resourceVersion &&
    a.generation === b.generation &&
    a.replicas === b.replicas
  );
}

/** How a list answer differs from another. */
export function differingNames(found: string, expected: string): string {
  const names = (text: string) => new Set(text.match(/"[^"/]+\/[^"]+"/g) ?? []);
  const [has, should] = [names(found), names(expected)];
  const missing = [...should].filter((name) => !has.has(name));
  const tooMany = [...has].filter((name) => !should.has(name));
  return `missing ${missing.length} (${missing.slice(0, 3)}), too many ${tooMany.length} (${tooMany.slice(0, 3)})`;
}
