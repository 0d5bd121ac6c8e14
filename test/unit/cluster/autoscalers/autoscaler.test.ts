import { describe, expect, it } from 'vitest';
import {
  reduceHorizontalPodAutoscaler,
  reduceScaledObject,
} from '../../../../src/cluster/autoscalers/autoscaler.ts';
import { KubeMalformedError } from '../../../../src/kube/kube-errors.ts';

const metadata = { namespace: 'shop', name: 'cart', uid: 'u-1', resourceVersion: '7' };
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' };
const condition = (type: string, status: string) => ({ conditions: [{ type: 'Other' }, { type, status }] });

describe('a reduced HPA', () => {
  const spec = { scaleTargetRef, minReplicas: 2, maxReplicas: 9 };
  const hpa = (parts: object = {}, object: object = {}) =>
    reduceHorizontalPodAutoscaler({ metadata, spec: { ...spec, ...parts }, ...object });

  it('keeps its target and its limits', () => {
    const metrics = [{ type: 'Resource' }];
    const status = { currentReplicas: 3, conditions: [{ type: 'ScalingActive', status: 'False' }] };
    expect(hpa({ metrics }, { status })).toEqual({
      ...metadata,
      kind: 'HorizontalPodAutoscaler',
      deployment: 'cart',
      min: 2,
      max: 9,
      idle: undefined,
      scaledToZero: undefined,
      scaledObject: undefined,
      paused: false,
      pausedReplicas: undefined,
      active: false,
    });
  });

  it('has min 1 if it names none, and may have min 0', () => {
    expect(hpa({ minReplicas: undefined }).min).toBe(1);
    expect(hpa({ minReplicas: 0 }).min).toBe(0);
  });

  it.each([
    ['apps/v1', 'Deployment', 'cart'],
    ['apps/v1beta1', 'Deployment', 'cart'],
    ['apps/v1', 'StatefulSet', undefined],
    ['extensions/v1beta1', 'Deployment', undefined],
    ['example.com/v1', 'Deployment', undefined],
    ['v1', 'Deployment', undefined],
    [undefined, 'Deployment', undefined],
  ])('with the target %s %s targets the Deployment %s', (apiVersion, kind, deployment) => {
    expect(hpa({ scaleTargetRef: { ...scaleTargetRef, apiVersion, kind } }).deployment).toBe(deployment);
  });

  it.each([
    ['True', true],
    ['False', false],
    ['Unknown', undefined],
  ])('with the condition ScaledToZero=%s says %s about its zero', (status, scaledToZero) => {
    expect(hpa({}, { status: condition('ScaledToZero', status) }).scaledToZero).toBe(scaledToZero);
  });

  it('names the ScaledObject that owns it, and no other owner', () => {
    const owned = (...ownerReferences: object[]) =>
      reduceHorizontalPodAutoscaler({ metadata: { ...metadata, ownerReferences }, spec }).scaledObject;
    const other = { apiVersion: 'example.com/v1', kind: 'ScaledObject', name: 'other' };
    expect(owned(other, { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'queue' })).toBe(
      'queue',
    );
    expect(owned(other)).toBeUndefined();
  });

  it.each([
    { scaleTargetRef: undefined },
    { scaleTargetRef: { kind: 'Deployment', apiVersion: 'apps/v1' } },
    { maxReplicas: undefined },
    { maxReplicas: '9' },
    { minReplicas: -1 },
  ])('is refused with %j', (parts) => {
    expect(() => hpa(parts)).toThrow(KubeMalformedError);
  });

  it.each([undefined, null, [], {}, { metadata }, { spec }, { metadata, spec, status: { conditions: 'x' } }])(
    'is refused if the object is %j',
    (object) => {
      expect(() => reduceHorizontalPodAutoscaler(object)).toThrow(KubeMalformedError);
    },
  );
});

describe('a reduced ScaledObject', () => {
  const spec = { scaleTargetRef: { name: 'cart' } };
  const scaledObject = (parts: object = {}, object: object = {}) =>
    reduceScaledObject({ metadata, spec: { ...spec, ...parts }, ...object });
  const annotated = (annotations: object) =>
    reduceScaledObject({ metadata: { ...metadata, annotations }, spec });

  it('has the defaults of KEDA', () => {
    expect(scaledObject()).toEqual({
      ...metadata,
      kind: 'ScaledObject',
      deployment: 'cart',
      min: 0,
      max: 100,
      idle: undefined,
      scaledToZero: undefined,
      scaledObject: undefined,
      paused: false,
      pausedReplicas: undefined,
      active: false,
    });
  });

  it('keeps its own values', () => {
    const own = { minReplicaCount: 2, maxReplicaCount: 8, idleReplicaCount: 0 };
    expect(scaledObject(own)).toMatchObject({ min: 2, max: 8, idle: 0 });
  });

  it.each([
    [{ kind: 'StatefulSet' }, undefined],
    [{ kind: 'Deployment' }, 'cart'],
    [{ kind: '' }, 'cart'],
    [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' }, undefined],
  ])('with %j in its target targets the Deployment %s', (parts, deployment) => {
    expect(scaledObject({ scaleTargetRef: { name: 'cart', ...parts } }).deployment).toBe(deployment);
  });

  it.each([
    ['True', true],
    ['False', false],
    ['Unknown', false],
  ])('with the condition Active=%s is active: %s', (status, active) => {
    expect(scaledObject({}, { status: condition('Active', status) }).active).toBe(active);
  });

  // As KEDA reads them: everything but a Go false is the wish to pause, and a count pauses too.
  it.each([
    [{ 'autoscaling.keda.sh/paused': 'true' }, true, undefined],
    [{ 'autoscaling.keda.sh/paused': 'yes' }, true, undefined],
    [{ 'autoscaling.keda.sh/paused': 'false' }, false, undefined],
    [{ 'autoscaling.keda.sh/paused-replicas': '4' }, true, 4],
    [{ 'autoscaling.keda.sh/paused-replicas': '0', 'autoscaling.keda.sh/paused': 'false' }, true, 0],
    [{ 'autoscaling.keda.sh/paused-replicas': 'four' }, true, undefined],
    [{ other: 'true' }, false, undefined],
  ])('with the annotations %j is paused: %s, at %s', (annotations, paused, pausedReplicas) => {
    expect(annotated(annotations)).toMatchObject({ paused, pausedReplicas });
  });

  it.each([
    { scaleTargetRef: {} },
    { minReplicaCount: null },
    { maxReplicaCount: 1.5 },
    { idleReplicaCount: '0' },
  ])('is refused with %j', (parts) => {
    expect(() => scaledObject(parts)).toThrow(KubeMalformedError);
  });
});
