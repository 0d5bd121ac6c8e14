import { describe, expect, it } from 'vitest';
import type { Autoscaler } from '../../../../src/cluster/autoscalers/autoscaler.ts';
import type { Claim } from '../../../../src/cluster/ownership/claims.ts';
import * as remedies from '../../../../src/cluster/ownership/remedies.ts';
import { autoscaler } from '../../../support/autoscaler-objects.ts';

const NAMES = { namespace: 'shop', deployment: 'cart' };
const hpa = (parts: Partial<Autoscaler> = {}) => autoscaler({ min: 2, max: 4, ...parts });
const scaledObject = (parts: Partial<Autoscaler> = {}) =>
  hpa({ kind: 'ScaledObject', name: 'queue', ...parts });
const kedas = (parts: Partial<Autoscaler> = {}) =>
  hpa({ name: 'keda-hpa-queue', scaledObject: 'queue', ...parts });
const claimed = (parts: Partial<Claim>, replicas = 5, { namespace, deployment } = NAMES) =>
  remedies.ofClaim(
    { kind: 'Helm', name: 'web', nextRun: 'setsBack', count: 3, certain: true, evidence: '', ...parts },
    { namespace, deployment, autoscalers: [], claims: [], unknown: [] },
    replicas,
  );

describe('what is said of autoscalers', () => {
  it.each<[string, string, string]>([
    [
      'too many for an HPA',
      remedies.ofBounds(hpa(), 8),
      `HorizontalPodAutoscaler shop/cart keeps 2 to 4 and undoes 8 within seconds. To keep it: kubectl patch hpa cart -n shop --type=merge -p '{"spec":{"maxReplicas":8}}'`,
    ],
    [
      'too few for an HPA',
      remedies.ofBounds(hpa(), 1),
      `HorizontalPodAutoscaler shop/cart keeps 2 to 4 and undoes 1 within seconds. To keep it: kubectl patch hpa cart -n shop --type=merge -p '{"spec":{"minReplicas":1}}'`,
    ],
    [
      'too many for KEDA',
      remedies.ofBounds(kedas(), 8),
      `ScaledObject shop/queue keeps 2 to 4 and undoes 8 within seconds. To keep it: kubectl patch scaledobject queue -n shop --type=merge -p '{"spec":{"maxReplicaCount":8}}'`,
    ],
    [
      'too few for KEDA',
      remedies.ofBounds(scaledObject(), 1),
      `ScaledObject shop/queue keeps 2 to 4 and undoes 1 within seconds. To keep it: kubectl patch scaledobject queue -n shop --type=merge -p '{"spec":{"minReplicaCount":1}}'`,
    ],
    [
      'between the bounds of an HPA',
      remedies.ofContest(hpa(), 3),
      `HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p '{"spec":{"minReplicas":3,"maxReplicas":3}}'`,
    ],
    [
      'between the bounds of KEDA',
      remedies.ofContest(kedas(), 3),
      `ScaledObject shop/queue keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch scaledobject queue -n shop --type=merge -p '{"spec":{"minReplicaCount":3,"maxReplicaCount":3}}'`,
    ],
    [
      '0, at which an HPA stops',
      remedies.ofPause(hpa(), 'cart'),
      'HorizontalPodAutoscaler shop/cart does nothing at 0 until somebody sets 1 or more. To wake it: kubectl scale deployment cart -n shop --replicas=2',
    ],
    [
      '0, at which an HPA with min 0 stops',
      remedies.ofPause(hpa({ min: 0 }), 'cart'),
      'HorizontalPodAutoscaler shop/cart does nothing at 0 until somebody sets 1 or more. To wake it: kubectl scale deployment cart -n shop --replicas=1',
    ],
    [
      '0, which an HPA made',
      remedies.ofOwnZero(hpa()),
      'HorizontalPodAutoscaler shop/cart scales to 0 itself, and up again by its metrics. To stay at 0: kubectl delete hpa cart -n shop',
    ],
    [
      '0, which KEDA ends',
      remedies.ofActivity(kedas()),
      'ScaledObject shop/queue starts replicas as soon as it is active. To stay at 0: kubectl annotate scaledobject queue -n shop --overwrite autoscaling.keda.sh/paused-replicas=0',
    ],
    [
      'another count than KEDA holds',
      remedies.ofPausedCount(scaledObject(), 9, 3),
      'ScaledObject shop/queue is paused at 9 and undoes 3. To keep it: kubectl annotate scaledobject queue -n shop --overwrite autoscaling.keda.sh/paused-replicas=3',
    ],
  ])('%s', (_, text, expected) => {
    expect(text).toBe(expected);
  });
});

describe('what is said of those who have a count', () => {
  it.each<[Partial<Claim>, string]>([
    [{}, "The next helm upgrade of release web sets 3 again. Set the chart's value to 5"],
    [
      { count: undefined },
      "The next helm upgrade of release web sets its own count, if any, again. Set the chart's value to 5",
    ],
    [
      { nextRun: 'failsUpgrade' },
      "The next helm upgrade of release web fails with a conflict, because its chart sets 3. Set the chart's value to 5, or upgrade with --force-conflicts",
    ],
    [
      { nextRun: 'failsUpgrade', count: undefined },
      "The next helm upgrade of release web fails with a conflict, if its chart sets a count. Set the chart's value to 5, or upgrade with --force-conflicts",
    ],
    [{ kind: 'HelmRelease' }, "HelmRelease web sets 3 again. Set the chart's value to 5 in its spec.values"],
    [
      { kind: 'Kustomization' },
      'Kustomization web sets 3 again. Set spec.replicas: 5 in the manifest of shop/cart, or leave it out',
    ],
    [
      { kind: 'Bundle' },
      'Fleet sets 3 again from bundle web. Set spec.replicas: 5 in the manifest of shop/cart',
    ],
    [
      { kind: 'Application' },
      'Argo CD sets 3 again. Set spec.replicas: 5 in the manifest of shop/cart, or in Application web ignoreDifferences with managedFieldsManagers: [k8s-deployment-scaler] and RespectIgnoreDifferences=true',
    ],
    [
      { kind: 'Apply', name: 'ci', nextRun: 'conflicts' },
      'The next server-side apply by ci fails with a conflict. Set spec.replicas: 5 in the manifest of shop/cart, or leave it out',
    ],
    [
      { kind: 'Apply', name: 'kubectl-client-side-apply' },
      'The next kubectl apply sets 3 again. Set spec.replicas: 5 in the manifest of shop/cart',
    ],
    [
      { kind: 'Rollout', nextRun: 'actsAsItLikes', count: undefined },
      'Rollout shop/web controls the Deployment, and may set another count. Set 5 there',
    ],
  ])('%j', (parts, expected) => {
    expect(claimed(parts)).toBe(expected);
  });
});

/** Every text for ordinary names and counts. */
function everyText(): string[] {
  const names = { namespace: 'payments', name: 'checkout-worker', max: 100 };
  const place = { namespace: 'payments', deployment: 'checkout-worker' };
  const [own, keda] = [hpa(names), kedas({ ...names, scaledObject: 'checkout-worker' })];
  const ofAutoscalers = [own, keda, scaledObject(names)].flatMap((each) => [
    remedies.ofBounds(each, 150),
    remedies.ofBounds(each, 1),
    remedies.ofContest(each, 100),
  ]);
  const ofClaims = [
    'Helm',
    'HelmRelease',
    'Kustomization',
    'Bundle',
    'Application',
    'Apply',
    'Rollout',
  ].flatMap((kind) =>
    (['setsBack', 'conflicts', 'failsUpgrade', 'actsAsItLikes'] as const).flatMap((nextRun) => [
      claimed({ kind, name: 'checkout-worker', nextRun, count: 100 }, 150, place),
      claimed({ kind, name: 'checkout-worker', nextRun, count: undefined }, 150, place),
    ]),
  );
  return [
    ...ofAutoscalers,
    ...ofClaims,
    remedies.ofPause(own, place.deployment),
    remedies.ofOwnZero(own),
    remedies.ofActivity(keda),
    remedies.ofPausedCount(scaledObject(names), 10, 100),
  ];
}

/** The words of a command as a shell reads them, which has no quotes but single ones around whole words. */
function wordsOf(command: string): string[] {
  return Array.from(command.matchAll(/'([^']*)'|(\S+)/g), ([word, quoted]) => quoted ?? word);
}

describe('each text', () => {
  it.each(everyText())('is ASCII of at most 256 characters: %s', (text) => {
    expect(text).toMatch(/^[\x20-\x7e]{1,256}$/);
  });

  const commands = everyText().flatMap((text) =>
    text.split(/(?=kubectl (?:patch|annotate|scale|delete) )/).slice(1),
  );

  it('that names a command ends with it', () => {
    expect(commands).toHaveLength(13);
  });

  it.each(commands)('names a command that can be pasted: %s', (command) => {
    const [kubectl, verb, resource, name, ...rest] = wordsOf(command);
    expect({ kubectl, name }).toEqual({ kubectl: 'kubectl', name: 'checkout-worker' });
    expect(rest.slice(0, 2)).toEqual(['-n', 'payments']);
    const options = rest.slice(2);
    switch (verb) {
      case 'patch': {
        const [type, flag, patch = ''] = options;
        expect({ type, flag, words: options.length }).toEqual({ type: '--type=merge', flag: '-p', words: 3 });
        const fields =
          resource === 'hpa' ? ['minReplicas', 'maxReplicas'] : ['minReplicaCount', 'maxReplicaCount'];
        const { spec, ...others } = JSON.parse(patch);
        expect(others).toEqual({});
        expect(Object.keys(spec).every((field) => fields.includes(field))).toBe(true);
        expect(Object.values(spec).every(Number.isInteger)).toBe(true);
        expect(Object.keys(spec).length).toBeGreaterThan(0);
        break;
      }
      case 'annotate':
        expect(resource).toBe('scaledobject');
        expect(options).toEqual([
          '--overwrite',
          expect.stringMatching(/^autoscaling\.keda\.sh\/paused-replicas=\d+$/),
        ]);
        break;
      case 'scale':
        expect([resource, ...options]).toEqual([
          'deployment',
          expect.stringMatching(/^--replicas=[1-9]\d*$/),
        ]);
        break;
      default:
        expect([verb, resource, ...options]).toEqual(['delete', 'hpa']);
    }
  });
});
