import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DemoCluster } from './demo-cluster/demo-cluster.ts';

/**
 * `make run`: serves at https://localhost:8443 with the certificates in ./certs, from the cluster in KUBECONFIG or,
 * where that is not set, from a demo cluster; prints what it serves and curl lines to paste. Ctrl-C ends everything.
 */

const port = Number(process.env.PORT || 8443);
const managementPort = Number(process.env.MANAGEMENT_PORT || 8081);
const CA = 'certs/ca-cert.pem';

const folder = await mkdtemp(join(tmpdir(), 'k8s-deployment-scaler-'));
const demo = process.env.KUBECONFIG ? undefined : await DemoCluster.start();
// A certificate of ./certs may do what the kubeconfig may, unless the cluster is ours and knows the two clients.
const authorization = process.env.AUTHORIZATION_MODE || (demo ? 'SubjectAccessReview' : 'AlwaysAllow');
const kubeconfig = process.env.KUBECONFIG || join(folder, 'kubeconfig');
if (demo !== undefined) {
  await demo.writeKubeconfig(kubeconfig);
  const resources = ['deployments', 'deployments/scale'];
  demo.roles.allow({ users: ['client'], verbs: ['get', 'list', 'patch'], resources });
  demo.roles.allow({ users: ['viewer'], verbs: ['get', 'list'], resources, namespaces: ['shop'] });
}

const server = spawn(process.execPath, ['src/server.ts'], {
  env: {
    ...process.env,
    KUBECONFIG: kubeconfig,
    LOG_LEVEL: process.env.LOG_LEVEL || 'warn',
    // To try it on this machine: nobody else can connect.
    HOST: process.env.HOST || '127.0.0.1',
    AUTHORIZATION_MODE: authorization,
  },
  stdio: 'inherit',
  // A group of its own: Ctrl-C in a terminal reaches this process only, which then ends the server in order.
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
await demo?.stop();
await rm(folder, { recursive: true });
process.exitCode = typeof exitCode === 'number' ? exitCode : 1;

/** Ends the server at once where it has no running request; SIGINT skips the delay that a cluster needs. */
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
  const { deployments } = JSON.parse(await read('/deployments')) as { deployments: string[] };
  const example = deployments.includes('default/my-deployment') ? 'default/my-deployment' : deployments[0];
  console.log(`
Serving ${deployments.length} Deployment${deployments.length === 1 ? '' : 's'} of ${demo === undefined ? `the cluster in ${kubeconfig}` : 'a demo cluster'} at https://localhost:${port}
Paste these lines in another terminal, in this folder; Ctrl-C here ends everything.
`);
  console.log(curl('/healthz'));
  console.log(curl('/deployments'));
  if (example === undefined) return;
  const [namespace = '', deployment = ''] = example.split('/');
  const query = `namespace=${namespace}&deployment=${deployment}`;
  const { replicaCount } = JSON.parse(await read(`/replica-count?${query}`)) as { replicaCount: number };
  // On a real cluster the line to paste changes nothing: it asks for the count that there is.
  const wanted = demo === undefined ? replicaCount : replicaCount + 2;
  console.log(curl(`/deployments?namespace=${namespace}`));
  console.log(curl(`/replica-count?${query}`));
  console.log(curl(`/replica-count?${query}`, body(`{"replicas": ${wanted}}`)));
  console.log(`
These are refused:
`);
  console.log(curl(`/replica-count?namespace=${namespace}&deployment=no-such-deployment`));
  console.log(curl(`/replica-count?${query}`, body('{"replicas": "many"}')));
  if (demo === undefined || authorization !== 'SubjectAccessReview') return;
  console.log(`
The client "viewer" may read the namespace shop and scale nothing, which is refused with 403:
`);
  console.log(curl('/deployments', '', 'viewer'));
  console.log(curl('/replica-count?namespace=shop&deployment=cart', body('{"replicas": 0}'), 'viewer'));
}

function body(json: string): string {
  return `-H 'content-type: application/json' -d '${json}' `;
}

function curl(path: string, options = '', client = 'client'): string {
  const { cert, key } = certificateOf(client);
  return `curl --cacert ${CA} --cert ${cert} --key ${key} ${options}'https://localhost:${port}${path}'`;
}

function certificateOf(client: string): { cert: string; key: string } {
  return { cert: `certs/${client}-cert.pem`, key: `certs/${client}-key.pem` };
}

async function read(path: string): Promise<string> {
  const { cert, key } = certificateOf('client');
  const files = { ca: readFileSync(CA), cert: readFileSync(cert), key: readFileSync(key) };
  const call = request({ host: 'localhost', port, path, ...files }).end();
  const [response] = await once(call, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}
