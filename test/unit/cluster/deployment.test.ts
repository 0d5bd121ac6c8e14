import { describe, expect, it } from 'vitest';
import { reduceDeployment } from '../../../src/cluster/deployment.ts';
import { KubeMalformedError } from '../../../src/kube/kube-errors.ts';

const metadata = { namespace: 'default', name: 'web', uid: 'u-1', resourceVersion: '7', generation: 3 };

describe('a reduced Deployment', () => {
  it('keeps what answers need and nothing else', () => {
    const object = {
      apiVersion: 'apps/v1',
      metadata: { ...metadata, labels: { app: 'web' }, managedFields: [{}] },
      spec: { replicas: 2, template: { spec: {} } },
      status: { replicas: 1, readyReplicas: 1 },
    };
    expect(reduceDeployment(object)).toEqual({ ...metadata, replicas: 2 });
  });

  it('has one replica where the spec does not say how many, and none where it says 0', () => {
    expect(reduceDeployment({ metadata, spec: {} }).replicas).toBe(1);
    expect(reduceDeployment({ metadata, spec: { replicas: 0 } }).replicas).toBe(0);
  });

  it('counts the asked for replicas, not those that run', () => {
    expect(reduceDeployment({ metadata, spec: { replicas: 5 }, status: { replicas: 2 } }).replicas).toBe(5);
  });

  it('has generation 0 where the API server does not count generations', () => {
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
    'is refused when it is %j',
    (object) => {
      expect(() => reduceDeployment(object)).toThrow(KubeMalformedError);
    },
  );
});
