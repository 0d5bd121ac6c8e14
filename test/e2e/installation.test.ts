import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chart } from '../support/chart/helm.ts';
import { helm, kubectl } from '../support/e2e/commands.ts';
import { Release } from '../support/e2e/release.ts';
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

describe('a release whose image is on no node', () => {
  const image = { repository: 'on-no-node', tag: 'v1' };

  it('says so in its notes, and helm test says that the image cannot be pulled', async () => {
    const where = ['--namespace', release.name];
    const sets = ['--set', `image.repository=${image.repository},image.tag=${image.tag}`];
    const secret = ['--set', `tls.secretName=${release.fullname}-tls`];
    try {
      const notes = await helm('install', 'imageless', chart, ...where, ...sets, ...secret);
      expect(notes).toContain(`The image ${image.repository}:${image.tag} names no registry.`);
      await expect(helm('test', 'imageless', ...where, '--logs', '--timeout', '60s')).rejects.toThrow(
        'trying and failing to pull image',
      );
    } finally {
      await helm('uninstall', 'imageless', ...where, '--ignore-not-found', '--wait');
    }
  });
});
