import { describe, expect, it } from 'vitest';
import { podMessage, podReason } from '../../../../src/cluster/rollout/pod-reasons.ts';

const waiting = (reason: string, message?: string) => ({
  name: 'web',
  state: { waiting: { reason, message } },
});
const running = (restartCount: number, ready: boolean) => ({
  name: 'web',
  state: { running: {} },
  restartCount,
  ready,
});
const podWith = (status: object, metadata = {}) => ({ metadata, status });
const withContainer = (container: object) => podWith({ containerStatuses: [container] });
const unscheduled = (reason: string) =>
  podWith({ conditions: [{ type: 'PodScheduled', status: 'False', reason, message: '0/3 nodes' }] });

describe('the reason of a pod', () => {
  it.each([
    ['ErrImagePull', 'image'],
    ['ImagePullBackOff', 'image'],
    ['InvalidImageName', 'image'],
    ['ErrImageNeverPull', 'image'],
    ['CreateContainerConfigError', 'create'],
    ['CreateContainerError', 'create'],
    ['RunContainerError', 'run'],
    ['CrashLoopBackOff', 'run'],
  ])('is %s of its container, of the kind %s', (reason, kind) => {
    const expected = { kind, text: `${reason}: words` };
    expect(podReason(withContainer(waiting(reason, 'words')), undefined)).toEqual(expected);
  });

  it('is that of an init container, before those of the others', () => {
    const status = {
      initContainerStatuses: [running(0, true), waiting('ImagePullBackOff')],
      containerStatuses: [waiting('CreateContainerError')],
    };
    expect(podReason(podWith(status), undefined)).toEqual({ kind: 'image', text: 'ImagePullBackOff' });
  });

  it('is that it cannot be scheduled', () => {
    const expected = { kind: 'schedule', text: 'Unschedulable: 0/3 nodes' };
    expect(podReason(unscheduled('Unschedulable'), undefined)).toEqual(expected);
  });

  it('is the exit code of a container that has ended again, for most of the time between its restarts', () => {
    const state = { terminated: { reason: 'Error', exitCode: 3 } };
    const ended = { name: 'web', state, ready: false, restartCount: 2 };
    const text = 'Error: container web ended with exit code 3, restarts so far: 2';
    expect(podReason(withContainer(ended), undefined)).toEqual({ kind: 'run', text });
    expect(podReason(podWith({ initContainerStatuses: [ended] }), undefined)).toEqual({ kind: 'run', text });
    expect(podReason(withContainer({ ...ended, restartCount: 0 }), undefined)).toBeUndefined();
    // An init container that has done its work after a restart.
    const done = { ...ended, ready: true };
    expect(podReason(podWith({ initContainerStatuses: [done] }), 'run')).toBeUndefined();
  });

  it.each([
    ['is new', {}],
    ['has no status', { metadata: {} }],
    ['waits for its containers', withContainer(waiting('ContainerCreating'))],
    ['waits for a scheduling gate', unscheduled('SchedulingGated')],
    ['is scheduled', podWith({ conditions: [{ type: 'PodScheduled', status: 'True' }] })],
    ['runs', withContainer(running(0, true))],
    ['is not ready yet', withContainer(running(0, false))],
    ['has failed', podWith({ phase: 'Failed', containerStatuses: [waiting('ErrImagePull')] })],
    ['has ended', podWith({ phase: 'Succeeded', containerStatuses: [waiting('ErrImagePull')] })],
    [
      'is being deleted',
      podWith(
        { containerStatuses: [waiting('ErrImagePull')] },
        { deletionTimestamp: '2030-01-01T00:00:00Z' },
      ),
    ],
    ['has a status of another form', podWith({ conditions: 1, containerStatuses: [1, null, { state: 1 }] })],
  ])('is none if it %s', (_, pod) => {
    expect(podReason(pod, undefined)).toBeUndefined();
  });

  it('stays between the restarts of a container that crashes, until that is ready', () => {
    const expected = { kind: 'run', text: 'container web is not ready, restarts so far: 3' };
    expect(podReason(withContainer(running(3, false)), 'run')).toEqual(expected);
    expect(podReason(podWith({ initContainerStatuses: [running(3, false)] }), 'run')).toEqual(expected);
    expect(podReason(withContainer(running(3, true)), 'run')).toBeUndefined();
    expect(podReason(withContainer(running(0, false)), 'run')).toBeUndefined();
    // It has restarted once and takes its time to start: nothing says that it will crash again.
    expect(podReason(withContainer(running(3, false)), undefined)).toBeUndefined();
    expect(podReason(withContainer(running(3, false)), 'image')).toBeUndefined();
  });
});

describe('the message about a pod', () => {
  it('names the pod and the reason', () => {
    expect(podMessage('web-1', { kind: 'image', text: 'ErrImagePull: not found' })).toBe(
      'pod web-1: ErrImagePull: not found',
    );
  });

  it('is one line of at most 256 characters', () => {
    const message = podMessage('web-1', { kind: 'run', text: `a\r\n\tb\u0000\u007fc ${'x'.repeat(1000)}` });
    expect(message).toMatch(/^pod web-1: a b c x+$/);
    expect(message).toHaveLength(256);
  });
});
