import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chart } from '../support/chart/helm.ts';
import { apply, helm, kubectl } from '../support/e2e/commands.ts';
import { decided } from '../support/e2e/decided.ts';
import { Release } from '../support/e2e/release.ts';
import { deployment } from '../support/e2e/workload.ts';
import { until } from '../support/until.ts';

let release: Release;

beforeAll(async () => {
  release = await Release.install();
});

afterAll(() => release?.remove());

/** The names of all objects of all kinds in the cluster, such as `deployment.apps/web`. */
async function objects(namespaced: boolean, ...options: readonly string[]): Promise<string[]> {
  const listable = ['api-resources', '--verbs=list', `--namespaced=${namespaced}`, '-o', 'name'];
  const kinds = (await kubectl(...listable))
    .split('\n')
    .filter((kind) => kind !== '' && !kind.startsWith('events'));
  const out = await kubectl('get', kinds.join(','), '-o', 'name', '--ignore-not-found', ...options);
  return out.split('\n').filter((name) => name !== '');
}

describe('a release', () => {
  it('passes helm test', async () => {
    const out = await helm('test', release.name, '--namespace', release.name, '--timeout', '2m');
    expect(out).toMatch(/Phase:\s+Succeeded/);
  });

  it('has the command line in its image, of the version of the service', async () => {
    const inPod = (...command: readonly string[]) =>
      kubectl('exec', '--namespace', release.name, `deployment/${release.fullname}`, '--', ...command);
    const version = await inPod('node', 'dist/src/server.js', '--version');
    expect(version).toMatch(/^\w\S*\n$/);
    expect(await inPod('scaler', '--version')).toBe(version);
    expect(await inPod('kubectl-scaler', '--help')).toContain('Usage: kubectl scaler ');
    // Agents have no business in the pods of the service.
    await expect(inPod('scaler', 'mcp')).rejects.toThrow('k8s-deployment-scaler-mcp is not installed');
  });

  it('refuses by default to change counts in its own namespace, and to set more than 1,000 elsewhere', async () => {
    await apply(deployment({ namespace: release.workloads, name: 'web', replicas: 0, nowhere: true }));
    const client = await release.client('client');
    await until(async () => (await client.count(release.workloads, 'web')).status === 200);
    const set = (namespace: string, name: string, replicas: number, dryRun: boolean) => {
      const query = `namespace=${namespace}&deployment=${name}&dryRun=${dryRun}`;
      return decided(() => client.post(`/replica-count?${query}`, { replicas }));
    };
    const refused = { status: 422, body: { code: 'RAIL' } };
    expect(await set(release.name, release.fullname, 3, false)).toMatchObject(refused);
    expect(await release.pods()).toHaveLength(2);
    expect(await set(release.workloads, 'web', 1001, false)).toMatchObject(refused);
    expect(await set(release.workloads, 'web', 1000, true)).toMatchObject({ status: 200 });
    expect(await set(release.workloads, 'web', 1, false)).toMatchObject({ status: 200 });
  });

  it('leaves only the Secret that existed before it when it is uninstalled', async () => {
    const ours = ['-l', `app.kubernetes.io/instance=${release.name}`];
    expect(await objects(false, ...ours)).not.toEqual([]);
    await release.uninstall();
    expect(await objects(false, ...ours)).toEqual([]);
    // The pods run for another moment. Their dependent objects are deleted with them.
    const left = ['configmap/kube-root-ca.crt', `secret/${release.fullname}-tls`, 'serviceaccount/default'];
    await until(async () => `${await objects(true, '-n', release.name)}` === `${left}`, 60_000);
  });
});

describe('a release whose image cannot be pulled', () => {
  it('fails helm test, whose logs say so', async () => {
    const where = ['--namespace', release.name];
    // Nothing listens on this port of the node, so the answer comes at once.
    const image = 'image.repository=127.0.0.1:1/on-no-node,image.tag=v1';
    const secret = `tls.secretName=${release.fullname}-tls`;
    try {
      await helm('install', 'imageless', chart, ...where, '--set', image, '--set', secret);
      await expect(helm('test', 'imageless', ...where, '--logs', '--timeout', '75s')).rejects.toThrow(
        // The second is what the kubelet says while it waits before the next attempt.
        /image can't be pulled|trying and failing to pull image/,
      );
    } finally {
      await helm('uninstall', 'imageless', ...where, '--ignore-not-found', '--wait');
    }
  });
});
