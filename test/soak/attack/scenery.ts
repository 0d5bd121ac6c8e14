import type { Role } from '../../support/fake-apiserver/access.ts';
import type { DeploymentSeed } from '../../support/fake-apiserver/deployments.ts';
import { generateDeployments } from '../../support/fake-apiserver/samples.ts';

const NAMESPACES = 500;
const EACH = 20;
/** Deployments that the witness scales to zero, once each. */
export const VICTIMS = 100;
/** The replicas of these Deployments before that. */
export const VICTIM_REPLICAS = 3;

/** 10,000 Deployments, plus the targets of writes. */
export const DEPLOYMENTS: readonly DeploymentSeed[] = [
  ...generateDeployments(NAMESPACES * EACH, NAMESPACES),
  { namespace: 'own', name: 'bystander', replicas: 1 },
  { namespace: 'own', name: 'numbers', replicas: 7 },
  { namespace: 'flooded', name: 'target', replicas: 1 },
  ...Array.from({ length: VICTIMS }, (_, index) => ({
    namespace: 'victims',
    name: `victim-${index}`,
    replicas: VICTIM_REPLICAS,
  })),
];

/** The n-th namespace, modulo their number, and its first Deployment. */
export function placeIn(number: number): { namespace: string; deployment: string } {
  const index = number % NAMESPACES;
  return {
    namespace: `team-${String(index).padStart(4, '0')}`,
    deployment: `api-${String(index * EACH).padStart(6, '0')}`,
  };
}

/** Clients of which each takes as many waits or streams as one may have, and together all that there are. */
export const CROWD = Array.from({ length: 20 }, (_, index) => `crowd-${index}` as const);

/** Clients whose certificates are of a CA that the service does not know. */
export const FOREIGN = Array.from({ length: 30 }, (_, index) => `foreign-${index}` as const);

/** The CN of each client certificate. */
export const IDENTITIES = [
  ...CROWD,
  ...FOREIGN,
  'bystander',
  'witness',
  'stranger',
  'prober',
  'reader',
  'lister',
  'sipper-1',
  'sipper-2',
  'holder',
  'scaler',
  'writer',
  'batcher-1',
  'batcher-2',
  'planner',
  'browser',
] as const;
export type IdentityName = (typeof IDENTITIES)[number];

const SCALE = ['deployments/scale'];

/** The rights of the identities. The others have none. */
export const ROLES: readonly Role[] = [
  {
    users: ['bystander', 'witness'],
    verbs: ['get', 'list', 'patch'],
    resources: ['deployments', ...SCALE],
    // The role is per namespace, not cluster-wide, so that each namespace costs an access review.
    namespaces: ['', 'own', 'victims', ...Array.from({ length: NAMESPACES }, (_, n) => placeIn(n).namespace)],
  },
  { users: ['lister'], verbs: ['list'], resources: ['deployments'] },
  { users: [...CROWD, 'browser'], verbs: ['get', 'list'], resources: ['deployments', ...SCALE] },
  {
    users: ['batcher-1', 'batcher-2', 'planner'],
    verbs: ['get', 'list', 'patch'],
    resources: ['deployments', ...SCALE],
  },
  { users: ['reader'], verbs: ['get'], resources: SCALE, namespaces: [placeIn(0).namespace] },
  { users: ['scaler', 'writer'], verbs: ['get', 'patch'], resources: SCALE, namespaces: ['flooded'] },
];
