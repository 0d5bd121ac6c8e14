import { isObject, type JsonObject } from '../../kube/json.ts';

/**
 * What keeps a pod from running. Reasons that alternate while nothing gets better are one kind: the kubelet says
 * ErrImagePull for each attempt and ImagePullBackOff between them.
 */
export type PodReasonKind = 'schedule' | 'image' | 'create' | 'run';

export interface PodReason {
  readonly kind: PodReasonKind;
  /** The reason and the message of the scheduler or the kubelet. */
  readonly text: string;
}

/** By the reason for which a container waits. */
const KINDS: ReadonlyMap<unknown, PodReasonKind> = new Map<string, PodReasonKind>([
  ['ErrImagePull', 'image'],
  ['ImagePullBackOff', 'image'],
  ['InvalidImageName', 'image'],
  ['ErrImageNeverPull', 'image'],
  ['CreateContainerConfigError', 'create'],
  ['CreateContainerError', 'create'],
  ['RunContainerError', 'run'],
  ['CrashLoopBackOff', 'run'],
]);

/** How many characters of a message are kept. */
const MAX_MESSAGE = 256;

/**
 * Why a pod does not run; undefined: it runs, or is on its way as far as its status says. Init containers count.
 * @param before the kind of its reason at the last look. A container that crashes runs for a moment after each restart,
 *   and is still in trouble then unless it has become ready
 */
export function podReason(pod: JsonObject, before: PodReasonKind | undefined): PodReason | undefined {
  const metadata = isObject(pod.metadata) ? pod.metadata : {};
  const status = isObject(pod.status) ? pod.status : {};
  // The ReplicaSet has replaced such a pod, or does not want it any more.
  const isOver = status.phase === 'Failed' || status.phase === 'Succeeded';
  if (isOver || metadata.deletionTimestamp !== undefined) return undefined;
  const unscheduled = objectsIn(status.conditions).find(
    ({ type, status, reason }) => type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable',
  );
  if (unscheduled !== undefined) return { kind: 'schedule', text: textOf(unscheduled) };
  const containers = [...objectsIn(status.initContainerStatuses), ...objectsIn(status.containerStatuses)];
  for (const { state } of containers) {
    const waiting = isObject(state) && isObject(state.waiting) ? state.waiting : {};
    const kind = KINDS.get(waiting.reason);
    if (kind !== undefined) return { kind, text: textOf(waiting) };
  }
  for (const { name, state, ready, restartCount } of containers) {
    if (ready === true || !(Number(restartCount) > 0)) continue;
    const restarts = `restarts so far: ${restartCount}`;
    // For most of the time between two restarts the kubelet says this, and CrashLoopBackOff only now and then.
    if (isObject(state) && isObject(state.terminated)) {
      const { reason, exitCode } = state.terminated;
      return {
        kind: 'run',
        text: `${reason}: container ${name} ended with exit code ${exitCode}, ${restarts}`,
      };
    }
    if (before === 'run') return { kind: 'run', text: `container ${name} is not ready, ${restarts}` };
  }
  return undefined;
}

/** The name of the pod with its reason, in one short line. */
export function podMessage(pod: string, { text }: PodReason): string {
  return `pod ${pod}: ${text}`.replace(/\p{Cc}+/gu, ' ').slice(0, MAX_MESSAGE);
}

function textOf({ reason, message }: JsonObject): string {
  return typeof message === 'string' && message !== '' ? `${reason}: ${message}` : String(reason);
}

function objectsIn(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}
