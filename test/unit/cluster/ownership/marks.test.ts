import { describe, expect, it } from 'vitest';
import { controllerOf, marksOf } from '../../../../src/cluster/ownership/marks.ts';

const HELM_LABEL = { 'app.kubernetes.io/managed-by': 'Helm' };
const HELM = { 'meta.helm.sh/release-name': 'cart' };

describe('the marks of tools', () => {
  it.each([
    [
      'Argo CD',
      {},
      { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/cart' },
      ['Application/shop'],
    ],
    ['Flux Kustomization', { 'kustomize.toolkit.fluxcd.io/name': 'shop' }, {}, ['Kustomization/shop']],
    [
      'Flux HelmRelease, which releases by Helm',
      { ...HELM_LABEL, 'helm.toolkit.fluxcd.io/name': 'shop' },
      HELM,
      ['HelmRelease/shop'],
    ],
    [
      'Fleet, which releases by Helm',
      HELM_LABEL,
      { ...HELM, 'objectset.rio.cattle.io/id': 'default-shop' },
      ['Bundle/default-shop'],
    ],
    ['Helm', HELM_LABEL, HELM, ['Helm/cart']],
    ['another tool with the label of Helm', HELM_LABEL, {}, []],
    ['another tool with the annotation of Helm', {}, HELM, []],
    ['nobody', {}, {}, []],
  ])('are recognized of %s', (_, labels, annotations, expected) => {
    expect(marksOf({ labels, annotations })).toEqual(expected);
  });

  it.each([[undefined], [null], ['x'], [[]]])('are none if labels and annotations are %j', (value) => {
    expect(marksOf({ labels: value, annotations: value })).toEqual([]);
  });
});

describe('the controller of a Deployment', () => {
  it('is the owner with controller: true', () => {
    const ownerReferences = [
      { kind: 'Owner', name: 'a' },
      { kind: 'Database', name: 'orders', controller: true },
    ];
    expect(controllerOf({ ownerReferences })).toBe('Database/orders');
  });

  it.each([[undefined], [[]], [[null]], [[{ kind: 'Owner', name: 'a', controller: 'true' }]]])(
    'is nobody if the ownerReferences are %j',
    (ownerReferences) => {
      expect(controllerOf({ ownerReferences })).toBeUndefined();
    },
  );
});
