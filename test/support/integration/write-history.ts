import { expect } from 'vitest';
import { arrayAt, at, type KubeRequests } from '../kube-requests.ts';
import { isUnsettled, type WrittenDeployment } from './scale-load.ts';

/** One version of a Deployment. */
interface Version {
  readonly resourceVersion: string;
  readonly generation: number;
  readonly replicas: number;
}

/**
 * Compares the answers of the service to the writes of a Deployment with the history in the API server. Each
 * acknowledged write must be in the history, in the order of the writes. Between two of them the history may contain only
 * writes whose outcome the service reported as unknown. The generation counts every change. The last acknowledged
 * write must be the current state, unless a write of unknown outcome followed it.
 */
export async function expectNoLostUpdate(
  kube: KubeRequests,
  collection: string,
  { name, initialReplicas, writes, read }: WrittenDeployment,
): Promise<void> {
  const query = `fieldSelector=metadata.name%3D${name}`;
  let last: Version = { resourceVersion: '', generation: 1, replicas: initialReplicas };
  let unsettled: number[] = [];
  for (const write of writes) {
    if (isUnsettled(write)) unsettled.push(write.replicas);
    if (write.status !== 200) continue;
    const { replicas, resourceVersion } = write;
    const then = `${query}&resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`;
    const version = await versionOf(kube, `${collection}?${then}`);
    expect(version, `the write of ${replicas} to ${name}`).toMatchObject({ replicas, resourceVersion });
    const others = version.generation - last.generation - 1;
    expect(others, `changes of ${name} from ${last.replicas} to ${replicas}`).toBeGreaterThanOrEqual(0);
    expect(others, `changes of ${name} from ${last.replicas} to ${replicas}`).toBeLessThanOrEqual(
      unsettled.length,
    );
    last = version;
    unsettled = [];
  }
  const now = await versionOf(kube, `${collection}?${query}`);
  if (now.generation === last.generation) expect(now.replicas, name).toBe(last.replicas);
  else expect(unsettled, name).toContain(now.replicas);
  // No read may show a write that the service reported as not made.
  const made = writes.filter((write) => write.status === 200 || isUnsettled(write));
  const possible = new Set([initialReplicas, ...made.map(({ replicas }) => replicas)]);
  expect(
    [...read].filter((replicas) => !possible.has(replicas)),
    `read of ${name}, but reported as not made`,
  ).toEqual([]);
}

async function versionOf(kube: KubeRequests, path: string): Promise<Version> {
  const { body } = await kube.get(path);
  const [found] = arrayAt(body, 'items');
  return {
    resourceVersion: String(at(found, 'metadata.resourceVersion')),
    generation: Number(at(found, 'metadata.generation')),
    replicas: Number(at(found, 'spec.replicas')),
  };
}
