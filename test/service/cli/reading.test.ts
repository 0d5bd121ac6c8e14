import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { CommandLine } from '../../support/cli/command-line.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import type { IssuedCertificate } from '../../support/issue-certificate.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

const RESOURCES = ['deployments', 'deployments/scale'];
const ESCAPE = '\u001b';

let blue: FakeApiServer;
let green: FakeApiServer;
let service: TestService;
let scaler: CommandLine;
/** May read the namespace shop of blue, and nothing of green. */
let viewer: IssuedCertificate;

beforeAll(async () => {
  [blue, green] = await Promise.all([
    FakeApiServer.start(),
    FakeApiServer.start({ deployments: [{ namespace: 'shop', name: 'cart', replicas: 2 }] }),
  ]);
  blue.autoscalers.add({ namespace: 'shop', name: 'cart', spec: { minReplicas: 2, maxReplicas: 4 } });
  for (const { roles } of [blue, green]) {
    roles.allow({ users: ['client'], verbs: ['get', 'list', 'patch'], resources: RESOURCES });
  }
  blue.roles.allow({ users: ['viewer'], verbs: ['get', 'list'], resources: RESOURCES, namespaces: ['shop'] });
  service = await TestService.start({
    kubeconfig: { blue: blue.kubeconfig, green: green.kubeconfig },
    authorization: 'SubjectAccessReview',
  });
  await service.synced();
  await service.autoscalersKnown('shop');
  viewer = await service.authority.issue({ commonName: 'viewer', usages: ['clientAuth'] });
  scaler = await CommandLine.of(service);
});
afterAll(async () => {
  await scaler.stop();
  await service.stop();
  await Promise.all([blue.stop(), green.stop()]);
});

it('`list` prints one plain line for each Deployment of all clusters, with all columns, to a pipe', async () => {
  const { code, stdout, stderr } = await scaler.run(['list']);
  const lines = stdout.split('\n');
  expect(lines[0]?.split(/ {2,}/)).toEqual([
    'CLUSTER',
    'NAMESPACE',
    'NAME',
    'COUNT',
    'READY',
    'PHASE',
    'OWNER',
    'LAST CHANGE',
  ]);
  expect(lines.slice(1, -1)).toHaveLength(13);
  expect(stdout).toMatch(/^blue +shop +cart +4 +4\/4 +stable +HPA\/cart +-$/m);
  expect(stdout).toMatch(/^green +shop +cart +2 +2\/2 +stable +- +-$/m);
  expect(stdout).not.toContain(ESCAPE);
  expect([stderr, code]).toEqual(['', 0]);
});

it('`list` on a terminal has colours, leaves out what says nothing, and fits its width', async () => {
  const { stdout, code } = await scaler.run(['list', '--cluster', 'blue', '-n', 'shop'], { terminal: 60 });
  const plain = stripVTControlCharacters(stdout).trimEnd().split('\n');
  expect(plain[0]).toMatch(/^NAME +COUNT +READY +PHASE +OWNER$/);
  expect(plain).toHaveLength(5);
  for (const line of plain) expect(line.length).toBeLessThanOrEqual(60);
  expect(stdout).toContain(`${ESCAPE}[32mstable`);
  expect(code).toBe(0);
});

it.each([
  ['NO_COLOR', { NO_COLOR: '1' }, []],
  ['TERM=dumb', { TERM: 'dumb' }, []],
  ['--no-color', {}, ['--no-color']],
])('`list` on a terminal has no colours with %s', async (_, env, flags) => {
  const { stdout } = await scaler.run(['list', '-n', 'shop', ...flags], { terminal: 100, env });
  expect(stdout).toContain('stable');
  expect(stdout).not.toContain(ESCAPE);
});

it('`list` selects by labels, namespace and cluster, and names what it finds so that other commands take it', async () => {
  const [byLabel, byCluster] = await Promise.all([
    scaler.run(['ls', '-l', 'app.kubernetes.io/managed-by=Helm', '-o', 'name']),
    scaler.run(['list', '--cluster', 'green', '--output', 'name']),
  ]);
  expect(byLabel).toMatchObject({ stdout: 'blue/shop/catalog\n', code: 0 });
  expect(byCluster).toMatchObject({ stdout: 'green/shop/cart\n', code: 0 });
  const piped = await scaler.run(['get', '-', '-o', 'name'], { input: byLabel.stdout + byCluster.stdout });
  expect(piped).toMatchObject({ stdout: 'blue/shop/catalog\ngreen/shop/cart\n', code: 0 });
});

it('`list` warns of a cluster that refuses, shows the others, and fails with its outcome', async () => {
  const { stdout, stderr, code } = await scaler.run(['list', '-n', 'shop', '-o', 'json'], { as: viewer });
  const { items, errors } = JSON.parse(stdout);
  expect(items).toHaveLength(4);
  expect(items[0]).toMatchObject({ cluster: 'blue', namespace: 'shop', deployment: 'cart', replicas: 4 });
  expect(errors).toEqual([{ cluster: 'green', code: 'FORBIDDEN', message: expect.any(String) }]);
  expect(stderr).toMatch(/^warning: cluster green is not listed: .* \(FORBIDDEN\)\n$/);
  expect(code).toBe(6);
});

it('a selector that the service cannot read is wrong usage, and the error names the position', async () => {
  const { stderr, code, stdout } = await scaler.run(['list', '-l', 'app in (a']);
  expect(stderr).toMatch(
    /^error: query parameter labelSelector: expected .* at character 10 \(INVALID_QUERY, request \S+\)\n$/,
  );
  expect([code, stdout]).toEqual([2, '']);
});

it('`get` shows who else sets a count, and as JSON what the API says with the name of the cluster', async () => {
  const [text, json] = await Promise.all([
    scaler.run(['get', 'shop/cart']),
    scaler.run(['get', 'deployment/cart', '-n', 'shop', '-o', 'json']),
  ]);
  expect(text.stdout).toContain('count     4; 4/4 ready');
  expect(text.stdout).toContain('owner     HorizontalPodAutoscaler/cart: keeps the count between 2 and 4');
  const { body } = await service.get('/deployments/shop/cart');
  expect(JSON.parse(json.stdout)).toEqual({ cluster: 'blue', ...Object(body) });
  expect([text.code, json.code]).toEqual([0, 0]);
});

it('`get` of several names those that fail, and shows the others', async () => {
  const { stdout, stderr, code } = await scaler.run([
    'get',
    'shop/cart',
    'shop/nope',
    'green/shop/cart',
    '-o',
    'json',
  ]);
  expect(JSON.parse(stdout).items.map(({ cluster }: { cluster: string }) => cluster)).toEqual([
    'blue',
    'green',
  ]);
  expect(stderr).toMatch(
    /^error: shop\/nope: There is no Deployment nope in namespace shop \(DEPLOYMENT_NOT_FOUND/,
  );
  expect(code).toBe(1);
});

it('`who` tells who changed a count, `limits` what limits it, `clusters` what the service serves', async () => {
  blue.deployments.scale('default', 'my-deployment', 5);
  await expect
    .poll(async () => (await scaler.run(['who', 'default/my-deployment'])).stdout)
    .toMatch(/^WHEN +COUNT +BY +WITH +HOW +OVERRODE\n\d+s ago +3 -> 5 +kubectl +kubectl +Update scale +-\n$/);
  const [changes, limits, clusters, names] = await Promise.all([
    scaler.run(['who', 'default/my-deployment', '-o', 'json']),
    scaler.run(['limits', 'payments/ledger']),
    scaler.run(['clusters']),
    scaler.run(['clusters', '-o', 'name']),
  ]);
  expect(JSON.parse(changes.stdout)).toMatchObject({
    cluster: 'blue',
    deployment: 'my-deployment',
    changes: [{ from: 3, to: 5 }],
  });
  expect(limits.stdout).toContain('allowed   2 to 10, not 0');
  expect(limits.stdout).toMatch(/^annotation k8s-deployment-scaler\/max +- +10 /m);
  expect(clusters.stdout).toMatch(/^blue +yes +ready +available\ngreen +- +ready +available\n$/m);
  expect(names.stdout).toBe('blue\ngreen\n');
  expect([changes.code, limits.code, clusters.code]).toEqual([0, 0, 0]);
});

it('`limits` of a protected Deployment says that the right does not help', async () => {
  blue.deployments.create({
    namespace: 'monitoring',
    name: 'vault',
    replicas: 3,
    marks: { annotations: { 'k8s-deployment-scaler/protected': 'unsealed by hand' } },
  });
  await until(() => service.cluster.replicasOf('monitoring', 'vault') === 3);
  const { stdout } = await scaler.run(['limits', 'monitoring/vault']);
  expect(stdout).toMatch(/^ {2}allowed {3}only 3: unsealed by hand$/m);
  expect(stdout).toMatch(/^ {2}you {7}have the right to set it, but it is protected$/m);
});

it('`get`, `who` and `limits` name Deployments for other commands, and as JSON tell of several in items', async () => {
  const targets = ['shop/cart', 'green/shop/cart'];
  await Promise.all(
    ['get', 'who', 'limits'].map(async (command) => {
      const [names, json] = await Promise.all([
        scaler.run([command, ...targets, '-o', 'name']),
        scaler.run([command, ...targets, '-o', 'json']),
      ]);
      expect([names.stdout, names.code]).toEqual(['blue/shop/cart\ngreen/shop/cart\n', 0]);
      const named = { namespace: 'shop', deployment: 'cart' };
      expect(JSON.parse(json.stdout)).toMatchObject({
        items: [
          { cluster: 'blue', ...named },
          { cluster: 'green', ...named },
        ],
      });
    }),
  );
});

it('an answer that is old is shown with a warning that says how old, once', async () => {
  const { cert, key } = await service.authority.issue({
    commonName: 'old',
    sans: ['localhost'],
    usages: ['serverAuth'],
  });
  const old = createServer({ cert, key }, (_, answer) => {
    answer.writeHead(200, { 'content-type': 'application/json', age: '114' }).end('{"items":[]}');
  });
  old.listen(0, '127.0.0.1');
  await once(old, 'listening');
  onTestFinished(() => void old.close());
  const { port } = old.address() as AddressInfo;
  const env = { SCALER_SERVER: `https://localhost:${port}` };
  const { stderr, code } = await scaler.run(['list', '--cluster', 'blue', '--cluster', 'green'], { env });
  expect(stderr.match(/^warning: the service has not heard from a cluster for 114 s, .*$/gm)).toHaveLength(1);
  expect(code).toBe(0);
});

it('a cluster that is not there is an error that names the command that lists them', async () => {
  const { code, stderr } = await scaler.run(['list', '--cluster', 'nope']);
  expect(stderr).toContain('There is no cluster nope: `scaler clusters` lists the clusters');
  expect(code).toBe(1);
});

it('what is wrong with a command is said with what to do, on stderr, with exit code 2', async () => {
  const cases: readonly (readonly [args: string[], message: string])[] = [
    [['get', 'cart'], 'in which namespace is "cart"? Write NAMESPACE/cart, or add --namespace NAMESPACE'],
    [['get', 'a/b/c/d'], '"a/b/c/d" is not a target'],
    [['get', 'shop/cart=3'], 'has a count, which this command does not take'],
    [['get', 'shop/cart', '-n', 'other'], '--namespace says other'],
    [['get'], "missing required argument 'target'"],
    [['get', 'green/shop/cart', '--cluster', 'blue'], '--cluster says blue: leave one out'],
    [['list', '-l', ''], 'the selector is empty, which would select all'],
    [['list', '--cluster', ''], '--cluster has no value'],
    [['list', '-n', ''], '--namespace has no value'],
    [['wait', 'shop/cart=5', '--replicas', '3'], '"shop/cart=5" and --replicas 3 both say a count'],
    [['park', 'shop/cart=3'], 'has a count, which this command does not take'],
    [['park', '-l', '', '-n', 'shop', '--yes'], 'the selector is empty, which would select all'],
    [['restore', '--finish'], 'which receipt? Name its file, or add --last'],
    [['restore', '--last', '-n', 'shop'], 'a receipt names its clusters and namespaces'],
    [['mcp', '-n', 'shop'], 'no --namespace'],
    [['set', 'shop/cart', '--replicas'], '("scaler set --help" says more)'],
    [['list', '-o', 'yaml'], 'Allowed choices are table, json, name'],
    [['lsit'], 'Did you mean list?'],
  ];
  await Promise.all(
    cases.map(async ([args, message]) => {
      const { stdout, stderr, code } = await scaler.run(args);
      expect(stderr).toContain('error: ');
      expect(stderr).toContain(message);
      expect([code, stdout]).toEqual([2, '']);
    }),
  );
});

it('`--help` goes to stdout with the exit codes, and help for nothing to stderr with exit code 2', async () => {
  const [help, nothing, version] = await Promise.all([
    scaler.run(['--help']),
    scaler.run([]),
    scaler.run(['-V']),
  ]);
  expect(help.stdout).toContain('130  interrupted by Ctrl-C');
  expect([help.code, nothing.code, nothing.stdout]).toEqual([0, 2, '']);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
