import type { V1Scale } from '@kubernetes/client-node';
// Not from the index, which loads 700 modules: 30 MiB and a third of the time of a start.
import { PatchStrategy } from '@kubernetes/client-node/dist/patch.js';
import type { KubeCalls } from '../kube/client/circuit.ts';
import { Turns } from '../kube/client/turns.ts';
import { countAt, isObject, objectAt, stringAt } from '../kube/json.ts';
import {
  KubeMalformedError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../kube/kube-errors.ts';
import { sleep } from '../lib/sleep.ts';
import { CALL_PLACES, MAX_WAITING_CALLS } from './call-places.ts';
import { DeploymentError } from './cluster-errors.ts';
import { type Deployment, reduceDeployment } from './deployment.ts';
import { FIELD_MANAGER } from './ownership/writers.ts';
import { deploymentPath, scalePath } from './paths.ts';

/** What the cluster holds after a write. */
export interface ScaleResult {
  readonly uid: string;
  readonly replicas: number;
  /** The version that the write produced, or the version of the Deployment if the write changed nothing. */
  readonly resourceVersion: string;
  /** Whether the count was applied; false: the API server had it already. */
  readonly applied: boolean;
  /** The count of the state to which the API server held the write; undefined: it held it to none, or had the count. */
  readonly replaced: number | undefined;
  /** What the API server and its admission control warn of. */
  readonly warnings: readonly string[];
}

/** A condition that the Deployment must meet, or the write is not made. What it throws, the write throws. */
export type Precondition = (current: Deployment) => boolean;

/** A write: what to set, and who requests it. */
export interface ScaleRequest {
  readonly namespace: string;
  readonly deployment: string;
  readonly replicas: number;
  readonly user: string;
  /** Checked against the state in the API server. The write fails if that state changes before it is made. */
  readonly precondition?: Precondition | undefined;
  /** The count in the cache, if the cache holds it. */
  readonly cached?: number | undefined;
  /** Whether the API server only says what the write would do: it changes nothing. */
  readonly dryRun?: boolean;
  /** How long the write may wait for its turn, apart from its deadline. Default: 1 s, which its deadline includes. */
  readonly turnMs?: number | undefined;
}

/** The time for a write, including the wait for its turn and all its attempts. */
const WRITE_DEADLINE_MS = 5_000;
/** The longest wait for a turn. */
const MAX_WAIT_MS = 1_000;
/** The time for the read after a write whose outcome is unknown. */
const REREAD_DEADLINE_MS = 2_000;
const MAX_ATTEMPTS = 6;
const RETRY_MS = { least: 20, most: 120 };
/** How many characters of the message of an admission control are kept. */
const MAX_REASON_LENGTH = 500;
/** How many warnings of the API server are kept. */
const MAX_WARNINGS = 8;

/** One attempt to set a count. */
interface Application {
  readonly namespace: string;
  readonly deployment: string;
  readonly replicas: number;
  /** The state that must not have changed: otherwise the API server answers 409. */
  readonly expected: Deployment | undefined;
  readonly dryRun: boolean;
}

/** The write side: sets replica counts through the scale subresource, and nothing else. */
export class Scaler {
  readonly #api: KubeCalls;
  readonly #turns = new Turns(CALL_PLACES.writes, MAX_WAITING_CALLS);
  readonly #deadlineMs: number;

  /** @param deadlineMs the time for a write, for tests */
  constructor(api: KubeCalls, deadlineMs = WRITE_DEADLINE_MS) {
    this.#api = api;
    this.#deadlineMs = deadlineMs;
  }

  /**
   * Sets the replica count of one Deployment. It retries after conflicts and failed connections, and takes at most 7 s
   * in total, besides `turnMs`. A client that disconnects does not cancel it: half a write would be worse.
   * @throws DeploymentError; KubeBusyError if its turn did not come in time; another KubeError if the API failed
   */
  scale(request: ScaleRequest): Promise<ScaleResult> {
    const { user, turnMs } = request;
    const startsAt = performance.now();
    const write = () =>
      this.#scale(request, (turnMs === undefined ? startsAt : performance.now()) + this.#deadlineMs);
    // One turn covers all its calls: a write that has begun does not wait in line again.
    return this.#turns.run(user, write, turnMs ?? MAX_WAIT_MS);
  }

  async #scale(
    { namespace, deployment, replicas, precondition, cached, dryRun = false }: ScaleRequest,
    endsAt: number,
  ): Promise<ScaleResult> {
    const credentials = { reloaded: false };
    for (let attempt = 1; ; attempt += 1) {
      const leftMs = () => Math.max(1, endsAt - performance.now());
      const reads = precondition !== undefined || (cached === replicas && !dryRun);
      let applying: Application | undefined;
      try {
        const current = reads ? await this.#read(namespace, deployment, leftMs()) : undefined;
        if (current !== undefined && precondition?.(current) === false)
          throw new DeploymentError('PRECONDITION_FAILED', namespace, deployment);
        // To apply the present count would change nothing but whose it is.
        if (current?.replicas === replicas && !dryRun) return resultOf(current);
        applying = { namespace, deployment, replicas, expected: precondition && current, dryRun };
        return await this.#apply(applying, leftMs());
      } catch (error) {
        const waitMs = attempt * (RETRY_MS.least + Math.random() * (RETRY_MS.most - RETRY_MS.least));
        const inTime = performance.now() + waitMs < endsAt;
        if (attempt < MAX_ATTEMPTS && inTime && this.#mayRetry(error, credentials)) {
          await sleep(waitMs);
        } else if (applying !== undefined && !dryRun && mayHaveHappened(error)) {
          return await this.#settle(applying);
        } else {
          throw toDeploymentError(error, namespace, deployment);
        }
      }
    }
  }

  /** The Deployment as the API server has it now, because the cache may be old. */
  async #read(namespace: string, deployment: string, deadlineMs: number): Promise<Deployment> {
    const path = deploymentPath(namespace, deployment);
    return reduceDeployment(await this.#api.call({ path, deadlineMs }));
  }

  /**
   * Applies the count server-side, with force. A merge patch would leave no trace in managedFields if nobody owns the
   * count or the count is 0; then no replica, and no tool, could tell that this service has set it.
   */
  async #apply(
    { namespace, deployment, replicas, expected, dryRun }: Application,
    deadlineMs: number,
  ): Promise<ScaleResult> {
    const state = expected && { uid: expected.uid, resourceVersion: expected.resourceVersion };
    const body: V1Scale = {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: deployment, namespace, ...state },
      spec: { replicas },
    };
    const warnings: string[] = [];
    const answer = await this.#api.call({
      method: 'PATCH',
      path: scalePath(namespace, deployment),
      query: { fieldManager: FIELD_MANAGER, force: true, ...(dryRun && { dryRun: 'All' }) },
      contentType: PatchStrategy.ServerSideApply,
      body,
      deadlineMs,
      onWarning: (text) => {
        if (warnings.length < MAX_WARNINGS) warnings.push(text);
      },
    });
    return readScale(answer, expected, warnings);
  }

  /** Only a failed attempt that certainly changed nothing may be retried. */
  #mayRetry(error: unknown, credentials: { reloaded: boolean }): boolean {
    if (error instanceof KubeUnreachableError) return !error.sent;
    if (!(error instanceof KubeStatusError)) return false;
    if (error.status === 401 && !credentials.reloaded) {
      credentials.reloaded = true;
      this.#api.reloadCredentials();
      return true;
    }
    return error.status === 409;
  }

  /**
   * The write may have been carried out. Returns the current state if it is the requested one.
   * @throws DeploymentError OUTCOME_UNKNOWN
   */
  async #settle({ namespace, deployment, replicas, expected }: Application): Promise<ScaleResult> {
    const now = await this.#api
      .call({ path: scalePath(namespace, deployment), deadlineMs: REREAD_DEADLINE_MS })
      .then((answer) => readScale(answer, expected, []))
      .catch(() => undefined);
    // A Deployment that was created again may have the count by itself.
    const isSame = expected === undefined || now?.uid === expected.uid;
    // Another count does not mean that the write failed: the API server may still be carrying it out.
    if (now?.replicas === replicas && isSame) return now;
    throw new DeploymentError('OUTCOME_UNKNOWN', namespace, deployment);
  }
}

/** The result of a write that was not needed. */
function resultOf({ uid, replicas, resourceVersion }: Deployment): ScaleResult {
  return { uid, replicas, resourceVersion, applied: false, replaced: undefined, warnings: [] };
}

/** In a Scale a missing count means 0: the API server answers `"spec":{}` after scaling to 0. */
function readScale(
  answer: unknown,
  expected: Deployment | undefined,
  warnings: readonly string[],
): ScaleResult {
  if (!isObject(answer)) throw new KubeMalformedError('a Scale is not an object');
  const metadata = objectAt(answer, 'metadata');
  return {
    uid: stringAt(metadata, 'uid'),
    replicas: countAt(objectAt(answer, 'spec'), 'replicas', 0),
    resourceVersion: stringAt(metadata, 'resourceVersion'),
    applied: true,
    replaced: expected?.replicas,
    warnings,
  };
}

/** Whether the API server may have carried out a write that ended with this error. */
function mayHaveHappened(error: unknown): boolean {
  if (error instanceof KubeTimeoutError || error instanceof KubeUnreachableError) return error.sent;
  // The API server never answers 408. A proxy does if it waits too long, as it answers 504.
  if (error instanceof KubeStatusError)
    return error.status === 408 || (error.status >= 500 && !isBeforeTheWrite(error));
  return error instanceof KubeMalformedError;
}

/**
 * Whether the API server certainly answered this error before it wrote: because of its admission control, or because it
 * does not serve. It answers most of what goes wrong with etcd as 500, for example `context deadline exceeded`, and a
 * write may still land then. A 503 without a reason is not by it, but by a proxy that may have passed on the request; nor
 * is one with the text that the proxies of Kubernetes use when the connection behind them breaks, as those in front of
 * virtual clusters do. Another 503 with a reason cannot be told from that of an API server, which is taken at its word.
 */
function isBeforeTheWrite(error: KubeStatusError): boolean {
  if (denialOf(error) !== undefined || error.message.includes('failed calling webhook')) return true;
  const isByProxy = error.message.includes('error trying to reach service');
  return error.status === 503 && error.reason === 'ServiceUnavailable' && !isByProxy;
}

/** Translates an error of the API server into what it means for the Deployment. Returns other errors as they are. */
function toDeploymentError(error: unknown, namespace: string, deployment: string): unknown {
  if (!(error instanceof KubeStatusError)) return error;
  const denial = denialOf(error);
  if (denial !== undefined) return new DeploymentError('ADMISSION_REFUSED', namespace, deployment, denial);
  switch (error.status) {
    case 403:
      return new DeploymentError('FORBIDDEN', namespace, deployment);
    case 404:
      return new DeploymentError('NOT_FOUND', namespace, deployment);
    case 409:
      return new DeploymentError('CONFLICT', namespace, deployment);
    case 422:
      // Do not pass on the text of the API server: it may contain the whole object.
      return new DeploymentError(
        'ADMISSION_REFUSED',
        namespace,
        deployment,
        'the Deployment would not be valid',
      );
    default:
      return error;
  }
}

/**
 * The reason that an admission webhook or a ValidatingAdmissionPolicy gives for a refusal; undefined for other errors.
 * It is recognized by its text, because a webhook may choose any status.
 */
function denialOf({ message }: KubeStatusError): string | undefined {
  const admission = /^admission webhook .*? denied the request:? ?(.*)$|denied request: (.*)$/s.exec(message);
  if (admission === null) return undefined;
  return (admission[1] || admission[2] || 'no reason was given').slice(0, MAX_REASON_LENGTH);
}
