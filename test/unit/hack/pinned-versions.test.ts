import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const hack = resolve(import.meta.dirname, '../../../hack');
const read = (file: string) => readFileSync(join(hack, file), 'utf8');

it.each([
  ['HELM_VERSION', 'helm', /helm\.sh\/helm\/v4 v(\S+)/],
  ['HELM3_VERSION', 'helm3', /helm\.sh\/helm\/v3 v(\S+)/],
  ['KUBECONFORM_VERSION', 'kubeconform', /yannh\/kubeconform v(\S+)/],
  // A module of Go has no major version 3 without a path that says so: 3.16.0 is v0.316.0.
  ['PROMETHEUS_VERSION', 'prometheus', /prometheus\/prometheus v0\.(3\d\d\.\d+)/],
])('hack/test-tools.sh downloads the version in %s that hack/test-env/%s builds', (name, folder, module) => {
  const [, downloaded] = new RegExp(`^${name}=(\\S+)`, 'm').exec(read('test-tools.sh')) ?? [];
  const [, built] = module.exec(read(`test-env/${folder}/go.mod`)) ?? [];
  expect(built).toBeDefined();
  expect(downloaded).toBe(name === 'PROMETHEUS_VERSION' ? built?.replace(/^(\d)/, '$1.') : built);
});
