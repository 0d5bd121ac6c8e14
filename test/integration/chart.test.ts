import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases, chart, type Ended, run, template, tool } from '../support/chart/helm.ts';
import { writeJsonSchemas } from '../support/integration/json-schemas.ts';
import { ChartBench } from './chart-bench.ts';

/** On a real API server, every field of the objects of the chart is known and the objects are accepted. */
const name = 'k8s-deployment-scaler';
/** Kinds of other projects, which a plain API server does not have. */
const foreign = ['Certificate', 'ServiceMonitor'];
const withoutForeign = ['--set', 'tls.certManager.enabled=false,serviceMonitor.enabled=false'];
const dryRun = ['install', name, chart, '--namespace', name, '--dry-run=server'];

let bench: ChartBench;

beforeAll(async () => {
  await tool('kubeconform');
  bench = await ChartBench.start(name, 'shop', 'payments', '1', '2');
  await writeJsonSchemas(bench.kube, join(bench.folder, 'schemas'));
}, 600_000);

afterAll(() => bench?.stop());

/** Whether the schemas of the API server have every field of these objects. */
async function conforms(objects: string): Promise<Ended> {
  const file = join(bench.folder, 'objects.yaml');
  await writeFile(file, objects);
  const schemas = join(bench.folder, 'schemas', '{{ .ResourceKind }}{{ .KindSuffix }}.json');
  const args = ['-strict', '-summary', '-skip', foreign.join(), '-schema-location', schemas, file];
  return run(await tool('kubeconform'), args);
}

describe.each(cases)('the values of $name', ({ file }) => {
  it('render to objects with known fields only', async () => {
    const { status, stdout, stderr } = await conforms((await template(file)).stdout);
    expect(stdout + stderr).toMatch(/Valid: [1-9]\d*, Invalid: 0, Errors: 0/);
    expect(status).toBe(0);
  });

  it('render to objects that the API server accepts in a namespace for restricted pods', async () => {
    const objects = join(bench.folder, 'objects.yaml');
    await writeFile(objects, (await template(file, ...withoutForeign)).stdout);
    const { status, stdout, stderr } = await bench.kubectl(
      ...['apply', '--server-side', '--dry-run=server', '--filename', objects],
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^deployment.apps\/.* serverside-applied/m);
  });

  it('can be installed', async () => {
    const { status, stdout, stderr } = await bench.helm(...dryRun, '--values', file, ...withoutForeign);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('STATUS: pending-install');
  });
});

it('the check for unknown fields finds one', async () => {
  const { stdout } = await template(cases[0]?.file ?? '');
  const { status, stdout: findings } = await conforms(stdout.replace('maxSurge: 1', 'maxSurges: 1'));
  expect(findings).toContain("'maxSurges' not allowed");
  expect(status).not.toBe(0);
});

describe('the notes after an installation', () => {
  const notes = async (...args: string[]) => {
    const { stdout } = await bench.helm(...dryRun, ...args);
    return stdout.slice(stdout.indexOf('NOTES:'));
  };

  it('explain how to create the Secret if it is missing', async () => {
    const create = `kubectl create secret generic ${name}-tls -n ${name}`;
    const certManager = ['--set', 'tls.certManager.enabled=true,tls.certManager.issuerName=internal'];
    expect(await notes()).toContain(create);
    expect(await notes(...certManager)).not.toContain(create);
    const secrets = `/api/v1/namespaces/${name}/secrets`;
    await bench.kube.post(secrets, { metadata: { name: `${name}-tls` } });
    expect(await notes()).not.toContain(create);
    expect(await notes()).toContain(`kubectl port-forward service/${name} -n ${name} 8443:8443`);
    await bench.kube.delete(`${secrets}/${name}-tls`);
  });

  it('explain how to grant rights if no client has a role', async () => {
    const bind = 'kubectl create rolebinding';
    expect(await notes()).toContain(bind);
    expect(await notes('--set', 'clients[0].name=client,clients[0].role=viewer')).not.toContain(bind);
  });
});
