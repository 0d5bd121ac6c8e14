import { describe, expect, it } from 'vitest';
import { reduceDeployment } from '../../../src/cluster/deployment.ts';
import { KubeMalformedError } from '../../../src/kube/kube-errors.ts';

const metadata = { namespace: 'default', name: 'web', uid: 'u-1', resourceVersion: '7', generation: 3 };

describe('a reduced Deployment', () => {
  it('keeps only the fields that answers need', () => {
    const object = {
      apiVersion: 'apps/v1',
      metadata: {
        ...metadata,
        labels: { app: 'web', 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: {
          'meta.helm.sh/release-name': 'web',
          'kubectl.kubernetes.io/last-applied-configuration': '{"spec":{"replicas":4}}',
        },
        ownerReferences: [{ kind: 'Database', name: 'orders', controller: true }],
        managedFields: [
          { manager: 'helm', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
          { manager: 'kubectl-edit', operation: 'Update', fieldsV1: { 'f:spec': { 'f:paused': {} } } },
        ],
      },
      spec: { replicas: 2, template: { spec: {} } },
      status: { observedGeneration: 3, replicas: 1, readyReplicas: 1 },
    };
    expect(reduceDeployment(object)).toEqual({
      ...metadata,
      replicas: 2,
      labels: ['app', 'web', 'app.kubernetes.io/managed-by', 'Helm'],
      status: {
        observed: true,
        current: 1,
        updated: 0,
        ready: 1,
        available: 0,
        paused: false,
        trouble: undefined,
      },
      writers: [{ manager: 'helm', operation: 'Apply', viaScale: false, ownsCount: true, at: 0 }],
      appliedReplicas: 4,
      marks: ['Helm/web'],
      controller: 'Database/orders',
      rails: [],
    });
  });

  it('has one replica if the spec has no count, and 0 if the count is 0', () => {
    expect(reduceDeployment({ metadata, spec: {} }).replicas).toBe(1);
    expect(reduceDeployment({ metadata, spec: { replicas: 0 } }).replicas).toBe(0);
  });

  it('has the desired count, not the number of running pods', () => {
    expect(reduceDeployment({ metadata, spec: { replicas: 5 }, status: { replicas: 2 } }).replicas).toBe(5);
  });

  it('has generation 0 if the API server sends none', () => {
    const { generation: _, ...others } = metadata;
    expect(reduceDeployment({ metadata: others, spec: {} }).generation).toBe(0);
  });

  it.each(['namespace', 'name', 'uid', 'resourceVersion'])('is refused without %s', (field) => {
    for (const value of [undefined, '', 7, null]) {
      const object = { metadata: { ...metadata, [field]: value }, spec: {} };
      expect(() => reduceDeployment(object)).toThrow(KubeMalformedError);
    }
  });

  it.each([null, '3', -1, 1.5, true, [3]])('is refused with %j replicas', (replicas) => {
    expect(() => reduceDeployment({ metadata, spec: { replicas } })).toThrow(KubeMalformedError);
  });

  it.each([undefined, null, 'x', [], {}, { metadata }, { spec: {} }, { metadata, spec: [] }])(
    'is refused if the object is %j',
    (object) => {
      expect(() => reduceDeployment(object)).toThrow(KubeMalformedError);
    },
  );
});
