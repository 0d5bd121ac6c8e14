import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases, chart, type Ended, run, tool } from '../support/chart/helm.ts';
import { StubCommands } from '../support/hack/stub-commands.ts';
import { writeJsonSchemas } from '../support/integration/json-schemas.ts';
import { at } from '../support/kube-requests.ts';
import { ChartBench } from './chart-bench.ts';

/** On a real API server, every field of the objects of the chart is known and the objects are accepted. */
const name = 'k8s-deployment-scaler';
/** Kinds of other projects, which a plain API server does not have. */
const foreign = ['Certificate', 'PrometheusRule', 'ServiceMonitor'];
const withoutForeign = [
  '--set',
  'tls.certManager.enabled=false,serviceMonitor.enabled=false,prometheusRule.enabled=false',
];
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

/** The objects of a case, which the tests of the chart compare with what both versions of Helm render. */
function golden(name: string): Promise<string> {
  return readFile(resolve(import.meta.dirname, `../chart/expected/${name}.yaml`), 'utf8');
}

describe.each(cases)('the values of $name', ({ name, file }) => {
  it('render to objects with known fields only', async () => {
    const { status, stdout, stderr } = await conforms(await golden(name));
    expect(stdout + stderr).toMatch(/Valid: [1-9]\d*, Invalid: 0, Errors: 0/);
    expect(status).toBe(0);
  });

  it('render to objects that the API server accepts in a namespace for restricted pods', async () => {
    const isForeign = (object: string) => foreign.some((kind) => object.includes(`\nkind: ${kind}\n`));
    const objects = join(bench.folder, 'objects.yaml');
    const known = (await golden(name)).split(/^---$/m).filter((object) => !isForeign(object));
    await writeFile(objects, known.join('---'));
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
  const objects = await golden('defaults');
  const { status, stdout: findings } = await conforms(objects.replace('maxSurge: 1', 'maxSurges: 1'));
  expect(findings).toContain("'maxSurges' not allowed");
  expect(status).not.toBe(0);
});

it('the commands of README.md build, push and install one image, and make all that the chart needs', async () => {
  const folder = join(bench.folder, 'repository');
  for (const path of ['Makefile', 'hack/generate-certs.sh', 'charts'])
    await cp(resolve(chart, '../..', path), join(folder, path), { recursive: true });
  const docker = new StubCommands(bench.folder);
  docker.add('docker');
  const install =
    /\n## Install\n(.*?)\n## /s.exec(await readFile(join(chart, 'README.md'), 'utf8'))?.[1] ?? '';
  const commands = (install.match(/(?<=^ {4}).+/gm) ?? [])
    .filter((line) => !line.startsWith('helm test '))
    .map((line) =>
      line.replace(/ --wait\b/, '').replace(/(?<=-n |namespace )k8s-deployment-scaler/, 'readme'),
    );
  const script = ['cd "$REPOSITORY"', ...commands].join('\n');
  const folders = [
    docker.folder,
    dirname(await tool('helm')),
    dirname(await tool('kubectl')),
    process.env.PATH,
  ];
  const environment = { ...bench.environment, REPOSITORY: folder, PATH: folders.join(':'), MAKEFLAGS: '' };
  const { status, stdout, stderr } = await run('bash', ['-euc', script], environment);
  expect(status, stderr).toBe(0);
  expect(stdout).not.toMatch(/names no registry|wait for the Secret/);
  const image = 'registry.example.com/team/k8s-deployment-scaler:v1';
  expect(docker.calls).toMatch(new RegExp(`^docker build .*--tag ${image} .*\ndocker push ${image}\n$`, 's'));
  const { body } = await bench.kube.get(`/apis/apps/v1/namespaces/readme/deployments/${name}`);
  expect(at(body, 'spec.template.spec.containers')).toMatchObject([{ image }]);
  await bench.helm('uninstall', name, '--namespace', 'readme');
  await bench.kube.delete('/api/v1/namespaces/readme');
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

  it('say that the nodes cannot pull an image without a registry', async () => {
    const hint = `The image ${name}:7 names no registry.`;
    expect(await notes('--set-string', 'image.tag=7')).toContain(hint);
    const named = ['--set', `image.repository=registry.example.com/${name}`];
    expect(await notes(...named)).not.toContain('names no registry');
  });

  it('explain how to grant rights if no client has a role', async () => {
    const bind = 'kubectl create rolebinding';
    expect(await notes()).toContain(bind);
    expect(await notes('--set', 'clients[0].name=client,clients[0].role=viewer')).not.toContain(bind);
  });

  it('say where the dashboard is', async () => {
    expect(await notes()).not.toContain('Grafana');
    expect(await notes('--set', 'dashboards.enabled=true')).toContain(`The ConfigMap ${name}-dashboard`);
  });

  it('say what the default rails refuse', async () => {
    const everywhere = 'No client may set a count above 1,000';
    expect(await notes()).toContain(`${everywhere}, or change one in kube-system or ${name}`);
    expect(await notes('--set', 'rails.defaults=false')).not.toContain(everywhere);
    const west = 'clusters[0].name=west,clusters[0].kubeconfig.secretName=west';
    expect(await notes('--set', west)).toContain(`${everywhere} (value rails.defaults)`);
  });
});
