import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../../../src/cluster/deployment.ts';
import { claimsOn } from '../../../../src/cluster/ownership/claims.ts';
import type { TakenFrom } from '../../../../src/cluster/ownership/count-history.ts';
import type { Writer } from '../../../../src/cluster/ownership/writers.ts';
import { recordOf } from '../../../support/count-record.ts';
import { applier, SERVICE, scaler, updater } from '../../../support/count-writers.ts';
import { deployment } from '../../../support/deployment-objects.ts';

const LAST_APPLIED = 'the annotation kubectl.kubernetes.io/last-applied-configuration';
const UNCERTAIN = 'whether with a count is not known, because it was scaled before the service started';

const cart = (parts: Partial<Deployment>) => deployment('cart', '1', { replicas: 3, ...parts });
const without = (manager: string) => applier(manager, { ownsCount: false });
const tookFrom = (...takenFrom: readonly TakenFrom[]) => recordOf({ takenFrom });

describe('a tool that owns the count', () => {
  it.each<[string, Writer, readonly string[], object]>([
    ['Helm 4', applier('helm'), ['Helm/shop'], { kind: 'Helm', name: 'shop', nextRun: 'failsUpgrade' }],
    ['Helm 3', updater('helm'), ['Helm/shop'], { kind: 'Helm', name: 'shop', nextRun: 'setsBack' }],
    [
      'Argo CD by server-side apply',
      applier('argocd-controller'),
      ['Application/shop'],
      { kind: 'Application', name: 'shop', nextRun: 'setsBack' },
    ],
    [
      'a Kustomization of Flux',
      applier('kustomize-controller'),
      ['Kustomization/shop'],
      { kind: 'Kustomization', name: 'shop', nextRun: 'setsBack' },
    ],
    [
      'a HelmRelease of Flux with Helm 4',
      applier('helm-controller'),
      ['HelmRelease/shop'],
      { kind: 'HelmRelease', name: 'shop', nextRun: 'setsBack' },
    ],
    [
      'a HelmRelease of Flux with Helm 3',
      updater('helm-controller'),
      ['HelmRelease/shop'],
      { kind: 'HelmRelease', name: 'shop', nextRun: 'setsBack' },
    ],
    [
      'Fleet by server-side apply',
      applier('fleetagent'),
      ['Bundle/shop'],
      { kind: 'Bundle', name: 'shop', nextRun: 'setsBack' },
    ],
    ['Fleet', updater('fleetagent'), ['Bundle/shop'], { kind: 'Bundle', name: 'shop', nextRun: 'setsBack' }],
    [
      'kubectl apply --server-side',
      applier('kubectl'),
      [],
      { kind: 'Apply', name: 'kubectl', nextRun: 'conflicts' },
    ],
    ['another applier', applier('ci'), [], { kind: 'Apply', name: 'ci', nextRun: 'conflicts' }],
  ])('certainly has it written down: %s', (_, writer, marks, expected) => {
    const evidence = `the entry of ${writer.manager} (${writer.operation}) in managedFields owns spec.replicas`;
    expect(claimsOn(cart({ writers: [writer], marks }), undefined)).toEqual([
      { ...expected, count: 3, certain: true, evidence },
    ]);
  });

  it('is named as its field manager if it has left no mark', () => {
    expect(claimsOn(cart({ writers: [applier('helm')] }), undefined)).toMatchObject([{ name: 'helm' }]);
  });

  it('that writes Updates may own a default: a count of 1 is only possible', () => {
    const owned = (writer: Writer) => claimsOn(cart({ replicas: 1, writers: [writer] }), undefined);
    expect(owned(updater('helm'))).toMatchObject([{ count: 1, certain: false }]);
    expect(owned(applier('helm'))).toMatchObject([{ count: 1, certain: true }]);
  });

  it.each(['kubectl-create', 'kubectl-edit', 'kubectl-client-side-apply', 'argocd-controller', 'operator'])(
    'is not %s by an Update, which may own a default',
    (manager) => {
      expect(claimsOn(cart({ writers: [updater(manager)] }), undefined)).toEqual([]);
    },
  );

  it('is none that wrote through scale', () => {
    expect(claimsOn(cart({ writers: [scaler('helm'), SERVICE] }), undefined)).toEqual([]);
  });

  it('may own it with others', () => {
    const claims = claimsOn(cart({ writers: [applier('helm'), applier('ci'), SERVICE] }), undefined);
    expect(claims).toMatchObject([
      { kind: 'Helm', count: 3, certain: true },
      { kind: 'Apply', name: 'ci', count: 3, certain: true },
    ]);
  });
});

describe('a client-side apply', () => {
  it('certainly has the count of its manifest, even if another manager owns the present one', () => {
    const claims = claimsOn(cart({ appliedReplicas: 4, writers: [SERVICE] }), undefined);
    expect(claims).toEqual([
      {
        kind: 'Apply',
        name: 'kubectl-client-side-apply',
        nextRun: 'setsBack',
        count: 4,
        certain: true,
        evidence: `spec.replicas is 4 in ${LAST_APPLIED}`,
      },
    ]);
  });

  it('is that of Argo CD if the Deployment has its mark', () => {
    const claims = claimsOn(
      cart({ appliedReplicas: 1, marks: ['Application/shop'], writers: [updater('argocd-controller')] }),
      undefined,
    );
    expect(claims).toMatchObject([{ kind: 'Application', name: 'shop', count: 1, certain: true }]);
  });

  it('and a server-side apply of one application are one claim', () => {
    const writers = [applier('argocd-controller')];
    const claims = claimsOn(cart({ appliedReplicas: 4, marks: ['Application/shop'], writers }), undefined);
    expect(claims).toMatchObject([{ kind: 'Application', name: 'shop', count: 4 }]);
  });
});

describe('a tool from which the count was taken', () => {
  it('still has its count', () => {
    const deployment = cart({ replicas: 5, writers: [without('helm'), SERVICE], marks: ['Helm/shop'] });
    expect(claimsOn(deployment, tookFrom({ writer: without('helm'), replicas: 3 }))).toEqual([
      {
        kind: 'Helm',
        name: 'shop',
        nextRun: 'failsUpgrade',
        count: 3,
        certain: true,
        evidence: 'the entry of helm (Apply) in managedFields had set 3 before it was scaled',
      },
    ]);
  });

  it('possibly has it if that may have been a default', () => {
    const claimed = (replicas: number) =>
      claimsOn(cart({ writers: [SERVICE] }), tookFrom({ writer: updater('helm'), replicas }));
    expect(claimed(1)).toMatchObject([{ nextRun: 'setsBack', count: 1, certain: false }]);
    expect(claimed(2)).toMatchObject([{ nextRun: 'setsBack', count: 2, certain: true }]);
  });

  it('has no claim if it left the count out all the time', () => {
    const deployment = cart({ writers: [without('helm'), SERVICE], marks: ['Helm/shop'] });
    expect(claimsOn(deployment, recordOf({}))).toEqual([]);
  });
});

describe('a count that was written through scale before the service started', () => {
  it.each<[string, Partial<Deployment>, object]>([
    [
      'the release of a Helm 4 that has applied',
      { writers: [without('helm'), SERVICE], marks: ['Helm/shop'] },
      {
        kind: 'Helm',
        name: 'shop',
        nextRun: 'failsUpgrade',
        evidence: `the entry of helm (Apply) in managedFields is there; ${UNCERTAIN}`,
      },
    ],
    [
      'a release of Helm 3, whose entry is gone',
      { writers: [SERVICE], marks: ['Helm/shop'] },
      {
        kind: 'Helm',
        name: 'shop',
        nextRun: 'setsBack',
        evidence: `it is marked as part of Helm/shop; ${UNCERTAIN}`,
      },
    ],
    [
      'a HelmRelease',
      { writers: [SERVICE], marks: ['HelmRelease/shop'] },
      { kind: 'HelmRelease', name: 'shop', nextRun: 'setsBack' },
    ],
    [
      'a bundle of Fleet',
      { writers: [scaler('kubectl')], marks: ['Bundle/shop'] },
      { kind: 'Bundle', name: 'shop', nextRun: 'setsBack' },
    ],
    [
      'Argo CD, a 0 without owner',
      { replicas: 0, writers: [without('argocd-controller')], marks: ['Application/shop'] },
      { kind: 'Application', name: 'shop', nextRun: 'setsBack' },
    ],
    [
      'any applier',
      { writers: [without('ci'), SERVICE] },
      { kind: 'Apply', name: 'ci', nextRun: 'conflicts' },
    ],
  ])('may have been written by %s', (_, parts, expected) => {
    const possible = { ...expected, count: undefined, certain: false };
    expect(claimsOn(cart(parts), undefined)).toMatchObject([possible]);
    // A change since then tells no more about that.
    expect(claimsOn(cart(parts), recordOf({ startedTaken: true }))).toMatchObject([possible]);
  });

  it('was not, as far as is known, if Argo CD or Flux mark the Deployment but have applied nothing', () => {
    const marks = ['Application/shop', 'Kustomization/shop'];
    expect(claimsOn(cart({ writers: [SERVICE], marks }), undefined)).toEqual([]);
  });

  it('is certainly claimed by a tool that is known to have written it since', () => {
    const deployment = cart({ writers: [without('helm'), SERVICE], marks: ['Helm/shop'] });
    const record = recordOf({
      startedTaken: true,
      takenFrom: [{ writer: without('helm'), replicas: 7 }],
    });
    expect(claimsOn(deployment, record)).toMatchObject([{ count: 7, certain: true }]);
  });
});

it('the controller of a Deployment acts as it likes', () => {
  expect(claimsOn(cart({ controller: 'Rollout/cart' }), undefined)).toEqual([
    {
      kind: 'Rollout',
      name: 'cart',
      nextRun: 'actsAsItLikes',
      count: undefined,
      certain: false,
      evidence: 'its ownerReference has controller: true',
    },
  ]);
});

it('nobody has a claim on a Deployment that was made and scaled by hand', () => {
  expect(claimsOn(cart({ writers: [updater('kubectl-create')] }), undefined)).toEqual([]);
  expect(claimsOn(cart({ writers: [scaler('kubectl')] }), undefined)).toEqual([]);
});
