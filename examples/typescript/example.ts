/** Sets a replica count, unless somebody changes it first, and waits for the pods: example.ts [NAMESPACE DEPLOYMENT REPLICAS [CURRENT]] */
import { readFileSync } from 'node:fs';
import createClient from 'openapi-fetch';
import { Agent, install } from 'undici';
import type { components, paths } from './openapi.ts';

const [namespace = 'default', deployment = 'my-deployment', replicas = '5', current] = process.argv.slice(2);

// docs begin
const ca = readFileSync('certs/ca-cert.pem');
const cert = readFileSync('certs/client-cert.pem');
const key = readFileSync('certs/client-key.pem');
install(); // the fetch of this undici, since that of Node may be of another version than the Agent
const api = createClient<paths>({
  baseUrl: process.env.BASE_URL ?? 'https://localhost:8443',
  requestInitExt: { dispatcher: new Agent({ connect: { ca, cert, key }, headersTimeout: 75_000 }) },
});

const target = { namespace, deployment };
const read = await api.GET('/deployments/{namespace}/{deployment}', { params: { path: target } });
if (read.error) throw failure(read.error);
const state = read.data;
for (const { kind, name, does } of state.owners) console.log(`${kind}/${name}: ${does}`);

const currentReplicas = current ?? `${state.replicas}`;
const written = await api.POST('/replica-count', {
  params: { query: { ...target, currentReplicas, wait: '60' } },
  body: { replicas: Number(replicas) },
});
if (written.error) throw failure(written.error);
const { headers } = written.response;
console.log(`${namespace}/${deployment}: ${state.replicas} -> ${written.data.replicaCount}`);
console.log(`forecast: ${headers.get('x-replicas-forecast')}`);
console.log(`warning: ${headers.get('warning') ?? 'none'}`);
console.log(`outcome: ready, ${written.data.replicaCount} replicas`);
// docs end

const all = await api.GET('/deployments');
if (all.error) throw failure(all.error);
console.log(`all: ${all.data.deployments.join(' ')}`);

const some = await api.GET('/deployments', { params: { query: { namespace } } });
if (some.error) throw failure(some.error);
console.log(`in ${namespace}: ${some.data.deployments.join(' ')}`);

const health = await api.GET('/healthz');
if (health.error) throw failure(health.error);
console.log(`health: ${health.data.status}`);

const query = { dryRun: 'true' } as const;
const plan = await api.POST('/scale', { params: { query }, body: { select: { namespace }, replicas: 0 } });
if (plan.error) throw failure(plan.error);
const { receipt, items } = plan.data;
if (receipt) {
  // To set the counts, keep the receipt first, and then send it without dryRun; as `restore`, it takes them back.
  const parked = await api.POST('/scale', { params: { query }, body: { receipt } });
  if (parked.error) throw failure(parked.error);
  console.log(`plan: ${parked.data.counts.set} of ${items.length} would be set to 0`);
}

function failure({ statusCode, code, message }: components['schemas']['Error']): Error {
  return new Error(`${statusCode} ${code}: ${message}`);
}
