import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEMO_RAILS, DemoCluster } from './demo/demo-cluster.ts';

/**
 * `make run`: serves at https://localhost:8443 with the certificates in ./certs, from the clusters that CLUSTERS_FILE,
 * CLUSTERS or KUBECONFIG name. If none is set it serves a demo cluster, and with `make run CLUSTERS=2` two of them. It
 * prints the address of the page, what puts the certificate into a browser, and lines to paste. Ctrl-C ends everything.
 */

const port = Number(process.env.PORT || 8443);
const managementPort = Number(process.env.MANAGEMENT_PORT || 8081);
const CA = 'certs/ca-cert.pem';

if (await isReady()) {
  console.error(
    `Another make run serves already: end it, or set PORT and MANAGEMENT_PORT, which is ${managementPort} now.`,
  );
  process.exit(1);
}
const folder = await mkdtemp(join(tmpdir(), 'k8s-deployment-scaler-'));
/** The demo clusters by name, the default one first; empty if real clusters are served. */
const demos = await startDemos();
// On a real cluster a certificate of ./certs may do whatever the kubeconfig may. A demo cluster knows the two clients.
const authorization =
  process.env.AUTHORIZATION_MODE || (demos.size > 0 ? 'SubjectAccessReview' : 'AlwaysAllow');

// As npm start runs it.
const server = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/server.ts'], {
  env: {
    ...process.env,
    ...(demos.size > 0 && {
      CLUSTERS_FILE: '',
      CLUSTERS: [...demos.keys()].map((name) => `${name}=${kubeconfigOf(name)}`).join(),
      READY_CLUSTERS: 'all',
      RAILS_FILE: process.env.RAILS_FILE || DEMO_RAILS,
    }),
    LOG_LEVEL: process.env.LOG_LEVEL || 'warn',
    // For trying it on this machine: other machines cannot connect.
    HOST: process.env.HOST || '127.0.0.1',
    AUTHORIZATION_MODE: authorization,
  },
  stdio: 'inherit',
  // In its own process group, so that Ctrl-C in a terminal reaches this process only, which then ends the server in
  // order.
  detached: true,
});
const ended = once(server, 'exit');
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(server));

try {
  await ready();
  await explain();
} catch (error) {
  if (server.exitCode === null) console.error(error instanceof Error ? error.message : error);
  stop(server);
}
const [exitCode] = await ended;
await Promise.all([...demos.values()].map((demo) => demo.stop()));
await rm(folder, { recursive: true });
process.exitCode = typeof exitCode === 'number' ? exitCode : 1;

/** Starts as many demo clusters as CLUSTERS says, if that is a number, or one if no variable names a cluster. */
async function startDemos(): Promise<Map<string, DemoCluster>> {
  const { CLUSTERS_FILE, CLUSTERS = '', KUBECONFIG } = process.env;
  const wanted = /^[1-9]$/.test(CLUSTERS) ? Number(CLUSTERS) : undefined;
  const started = new Map<string, DemoCluster>();
  if (wanted === undefined && (CLUSTERS_FILE || CLUSTERS || KUBECONFIG)) return started;
  for (let number = 1; number <= (wanted ?? 1); number += 1) {
    const name = wanted === undefined ? 'demo' : `demo${number}`;
    started.set(name, await DemoCluster.start(kubeconfigOf(name)));
  }
  return started;
}

function kubeconfigOf(name: string): string {
  return join(folder, `${name}.yaml`);
}

/** Ends the server, at once if it has no running request: SIGINT skips the delay that only a cluster needs. */
function stop(child: ChildProcess): void {
  child.kill('SIGINT');
}

async function ready(): Promise<void> {
  const givesUpAt = Date.now() + 60_000;
  let told = false;
  while (server.exitCode === null && server.signalCode === null) {
    if (await isReady()) return;
    if (Date.now() > givesUpAt) throw new Error('The service did not become ready within 60 s.');
    if (!told) console.log('Reading the Deployments of the cluster ...');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The service did not start: see the message above.');
}

function isReady(): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = get({ port: managementPort, path: '/readyz' }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    probe.on('error', () => resolve(false));
  });
}

async function explain(): Promise<void> {
  const { clusters = [] } = await read<{ clusters: { name: string }[] }>('/clusters');
  const names = clusters.map(({ name }) => name);
  const served = demos.size > 0 ? 'demo cluster' : 'cluster';
  const origin = `https://localhost:${port}`;
  const { cert, key } = certificateOf('client');
  console.log(`
The page: ${origin}/
The browser needs a certificate for it. This puts it there, and with --remove takes it out:

hack/browser-certificate.sh

Serving the ${served}${names.length === 1 ? '' : 's'} ${names.join(', ')}. Paste lines in another terminal, in this folder; Ctrl-C here ends everything.
The command line:

scaler() { node_modules/.bin/node src/cli/scaler.ts "$@"; }
scaler login --name local --server ${origin} --ca ${CA} --cert ${cert} --key ${key}
scaler list
scaler watch

The API:
`);
  console.log(curl('/healthz'));
  if (names.length > 1) {
    console.log(curl('/clusters'));
    console.log(curl('/clusters/deployments?namespace=default'));
  }
  // The default cluster is served without its name.
  const prefixes = ['', ...[...demos.keys()].slice(1).map((name) => `/${name}`)];
  const examples = await Promise.all(prefixes.map(exampleIn));
  for (const lines of examples) for (const line of lines) console.log(line);
  if (demos.size > 0) explainOwners();
  console.log(`
These are refused:
`);
  console.log(curl('/replica-count?namespace=default&deployment=no-such-deployment'));
  if (demos.size === 0) return;
  console.log(curl('/replica-count?namespace=default&deployment=my-deployment', scaleTo('"many"')));
  if (authorization !== 'SubjectAccessReview') return;
  console.log(`
The client "viewer" may read the namespace shop and scale nothing, which is refused with 403:
`);
  console.log(curl('/deployments', '', 'viewer'));
  console.log(curl('/replica-count?namespace=shop&deployment=cart', scaleTo(0), 'viewer'));
}

/** Of the demo cluster: an autoscaler owns the count of shop/cart, and a Helm release that of shop/catalog. */
function explainOwners(): void {
  console.log(`
The state of a Deployment names who else sets its count:
`);
  console.log(curl('/deployments/shop/cart'));
  console.log(`
This write is done, and its Warning says what it means for the next helm upgrade:
`);
  console.log(curl('/replica-count?namespace=shop&deployment=catalog', `-i ${scaleTo(6)}`));
  console.log(`
This one is refused with 409, because the autoscaler would undo it:
`);
  console.log(curl('/replica-count?namespace=shop&deployment=cart', scaleTo(8)));
}

/**
 * The curl lines for a cluster. None changes anything in a real cluster, and all succeed, except where its RBAC gives the
 * client no rights.
 */
async function exampleIn(prefix: string): Promise<string[]> {
  const { deployments = [] } = await read<{ deployments: string[] }>(`${prefix}/deployments`);
  const example = deployments.includes('default/my-deployment') ? 'default/my-deployment' : deployments[0];
  const lines = [curl(`${prefix}/deployments`)];
  if (example === undefined) return lines;
  const [namespace = '', deployment = ''] = example.split('/');
  const query = `namespace=${namespace}&deployment=${deployment}`;
  lines.push(curl(`${prefix}/deployments?namespace=${namespace}`), curl(`${prefix}/replica-count?${query}`));
  const { replicaCount } = await read<{ replicaCount: number }>(`${prefix}/replica-count?${query}`);
  if (replicaCount === undefined) return lines;
  const wanted = demos.size > 0 ? replicaCount + 2 : replicaCount;
  return [...lines, curl(`${prefix}/replica-count?${query}`, scaleTo(wanted))];
}

function scaleTo(replicas: number | string): string {
  return `-H 'content-type: application/json' -d '{"replicas": ${replicas}}' `;
}

function curl(path: string, options = '', client = 'client'): string {
  const { cert, key } = certificateOf(client);
  return `curl --cacert ${CA} --cert ${cert} --key ${key} ${options}'https://localhost:${port}${path}'`;
}

function certificateOf(client: string): { cert: string; key: string } {
  return { cert: `certs/${client}-cert.pem`, key: `certs/${client}-key.pem` };
}

/** The body of an answer. The answer to a client without rights has none of these fields. */
async function read<Body>(path: string): Promise<Partial<Body>> {
  const { cert, key } = certificateOf('client');
  const files = { ca: readFileSync(CA), cert: readFileSync(cert), key: readFileSync(key) };
  const call = request({ host: 'localhost', port, path, ...files }).end();
  const [response] = await once(call, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return JSON.parse(text);
}
