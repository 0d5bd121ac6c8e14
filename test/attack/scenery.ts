import type { Role } from '../../hack/demo-cluster/access.ts';
import type { DeploymentSeed } from '../../hack/demo-cluster/deployments.ts';
import { generateDeployments } from '../../hack/demo-cluster/samples.ts';

const NAMESPACES = 500;
const EACH = 20;
/** Deployments of the witness, each of which is scaled to zero once. */
export const VICTIMS = 100;
/** What they have before. */
export const VICTIM_REPLICAS = 3;

/** 10,000 Deployments, and those that somebody writes to. */
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

/** The n-th namespace and its first Deployment; after the last one they begin again. */
export function placeIn(number: number): { namespace: string; deployment: string } {
  const index = number % NAMESPACES;
  return {
    namespace: `team-${String(index).padStart(4, '0')}`,
    deployment: `api-${String(index * EACH).padStart(6, '0')}`,
  };
}

/** Everybody who has a certificate; a CN each. */
export const IDENTITIES = [
  'bystander',
  'witness',
  'stranger',
  'prober',
  'reader',
  'lister',
  'sipper-1',
  'sipper-2',
  'scaler',
  'writer',
] as const;
export type IdentityName = (typeof IDENTITIES)[number];

const SCALE = ['deployments/scale'];

/** Who may do what; the others in IDENTITIES nothing. */
export const ROLES: readonly Role[] = [
  {
    users: ['bystander', 'witness'],
    verbs: ['get', 'list', 'patch'],
    resources: ['deployments', ...SCALE],
    // A role for each namespace and not one for all: then each namespace costs a review, as in most clusters.
    namespaces: ['', 'own', 'victims', ...Array.from({ length: NAMESPACES }, (_, n) => placeIn(n).namespace)],
  },
  { users: ['lister'], verbs: ['list'], resources: ['deployments'] },
  { users: ['reader'], verbs: ['get'], resources: SCALE, namespaces: [placeIn(0).namespace] },
  { users: ['scaler', 'writer'], verbs: ['get', 'patch'], resources: SCALE, namespaces: ['flooded'] },
];
