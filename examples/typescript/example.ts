/** Sets a replica count, unless somebody changes it first: example.ts [NAMESPACE DEPLOYMENT REPLICAS [ETAG]] */
import { readFileSync } from 'node:fs';
import createClient from 'openapi-fetch';
import { Agent, install } from 'undici';
import type { components, paths } from './openapi.ts';

const [namespace = 'default', deployment = 'my-deployment', replicas = '5', etag] = process.argv.slice(2);

// docs begin
const ca = readFileSync('certs/ca-cert.pem');
const cert = readFileSync('certs/client-cert.pem');
const key = readFileSync('certs/client-key.pem');
install(); // the fetch of this undici, since that of Node may be of another version than the Agent
const api = createClient<paths>({
  baseUrl: process.env.BASE_URL ?? 'https://localhost:8443',
  requestInitExt: { dispatcher: new Agent({ connect: { ca, cert, key }, headersTimeout: 15_000 }) },
});

const query = { namespace, deployment };
const read = await api.GET('/replica-count', { params: { query } });
if (read.error) throw failure(read.error);

const ifMatch = etag ?? read.response.headers.get('etag') ?? '';
const written = await api.POST('/replica-count', {
  params: { query, header: { 'If-Match': ifMatch } },
  body: { replicas: Number(replicas) },
});
if (written.error) throw failure(written.error);
console.log(`${namespace}/${deployment}: ${read.data.replicaCount} -> ${written.data.replicaCount}`);
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

function failure({ statusCode, code, message }: components['schemas']['Error']): Error {
  return new Error(`${statusCode} ${code}: ${message}`);
}
