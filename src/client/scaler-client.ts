import type { components } from './api.ts';
import { ApiError, type HeaderFields } from './api-error.ts';
import { type StreamEvent, streamEvents } from './event-stream.ts';

/** The types of the API document, by the names that callers use. */
export type State = components['schemas']['DeploymentState'];
export type Cluster = components['schemas']['Clusters']['clusters'][number];
export type Changes = components['schemas']['DeploymentChanges'];
export type Limits = components['schemas']['Limits'];
export type Batch = components['schemas']['Batch'];
export type BatchAnswer = components['schemas']['BatchAnswer'];
export type BatchItem = components['schemas']['BatchItem'];
export type Receipt = components['schemas']['Receipt'];

/** Names one Deployment. Without `cluster` it is in the default one. */
export interface Target {
  readonly cluster?: string | undefined;
  readonly namespace: string;
  readonly deployment: string;
}

/** Which Deployments of one cluster. Without both: all that the caller may list. */
export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
}

/** The states of one cluster. */
export interface Listing {
  readonly items: State[];
  /** Seconds since the cluster last confirmed them; undefined if a proxy has removed the header. */
  readonly ageSeconds: number | undefined;
}

export interface WriteOptions {
  /** Sets the count only if this is the present one. */
  readonly currentReplicas?: number | undefined;
  /** Sets it even if somebody else will undo it. */
  readonly force?: boolean | undefined;
  /** Nothing changes. */
  readonly dryRun?: boolean | undefined;
  /** Seconds to wait for the replicas, 1 to 300. */
  readonly wait?: number | undefined;
}

/** What a wait is for. */
export interface AwaitedReplicas {
  /** Any other count ends the wait. */
  readonly replicas: number;
  /** Seconds, 1 to 300. */
  readonly wait: number;
  /** Default: the Deployment that is there now. */
  readonly uid?: string | undefined;
  /** Nothing is judged before the service has seen this, for example the write. */
  readonly minResourceVersion?: string | undefined;
}

/** What a write answers. */
export interface Written {
  readonly replicas: number;
  /** The count before; undefined if the service did not see it in time. */
  readonly previous: number | undefined;
  /** As X-Replicas-Forecast has it, for example `contested; by="HorizontalPodAutoscaler/cart"`. */
  readonly forecast: string;
  readonly warnings: readonly string[];
  readonly resourceVersion: string | undefined;
}

/** The part of `fetch` that is needed, so that callers bring the TLS of their own. */
export type Fetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly signal?: AbortSignal;
  },
) => Promise<{
  readonly ok: boolean;
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: ReadableStream<Uint8Array> | null;
  text(): Promise<string>;
}>;

type ErrorBody = components['schemas']['Error'];
type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Call {
  readonly cluster?: string | undefined;
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The operations of the service. All throw an ApiError for an answer that is an error, and what `fetch` throws if there
 * is none.
 */
export class ScalerClient {
  readonly #base: string;
  readonly #fetch: Fetch;
  readonly #onAge: ((seconds: number) => void) | undefined;

  /**
   * @param base the URL of the service, with the path prefix of a proxy if there is one
   * @param onAge is told of each answer from memory how many seconds ago the cluster has confirmed it
   */
  constructor(base: string, fetch: Fetch, onAge?: (seconds: number) => void) {
    this.#base = base.replace(/\/+$/, '');
    this.#fetch = fetch;
    this.#onAge = onAge;
  }

  /** The clusters, the default one first. */
  async clusters(signal?: AbortSignal): Promise<Cluster[]> {
    const { clusters } = await this.#json<components['schemas']['Clusters']>({ path: '/clusters', signal });
    return clusters;
  }

  /** The states of the Deployments of one cluster, sorted by namespace and name. */
  async states(
    cluster: string | undefined,
    selection: Selection = {},
    signal?: AbortSignal,
  ): Promise<State[]> {
    return (await this.listing(cluster, selection, signal)).items;
  }

  /**
   * The same states, and how old they are.
   * @param selection with `minResourceVersion`, they are as new as that, or the answer is an error after 5 s
   */
  async listing(
    cluster: string | undefined,
    {
      namespace,
      labelSelector,
      minResourceVersion,
    }: Selection & { readonly minResourceVersion?: string | undefined },
    signal?: AbortSignal,
  ): Promise<Listing> {
    const query = { namespace, labelSelector, minResourceVersion };
    const answer = await this.#send({ cluster, path: '/scale', query, signal });
    const { items }: components['schemas']['DeploymentStates'] = JSON.parse(await answer.text());
    const age = answer.headers.get('age');
    return { items, ageSeconds: age === null ? undefined : Number(age) };
  }

  /** The names of the Deployments of one cluster, as `NAMESPACE/NAME`, sorted. */
  async names(
    cluster: string | undefined,
    { namespace, labelSelector }: Selection = {},
    signal?: AbortSignal,
  ): Promise<string[]> {
    const query = { namespace, labelSelector };
    const { deployments } = await this.#json<components['schemas']['DeploymentList']>({
      cluster,
      path: '/deployments',
      query,
      signal,
    });
    return deployments;
  }

  state(target: Target, signal?: AbortSignal): Promise<State> {
    return this.#json({ cluster: target.cluster, path: pathOf(target), signal });
  }

  /** The state once the Deployment has its replicas; throws the ApiError that says why not. */
  awaitReplicas(
    target: Target,
    { replicas, wait, uid, minResourceVersion }: AwaitedReplicas,
    signal?: AbortSignal,
  ): Promise<State> {
    const query = { wait, replicas, uid, minResourceVersion };
    return this.#json({ cluster: target.cluster, path: pathOf(target), query, signal });
  }

  /** Goes on with a wait at the `location` of an ApiError. */
  resume(location: string, signal?: AbortSignal): Promise<State> {
    return this.#json({ path: location, signal });
  }

  changes(target: Target, signal?: AbortSignal): Promise<Changes> {
    return this.#json({ cluster: target.cluster, path: `${pathOf(target)}/changes`, signal });
  }

  limits({ cluster, namespace, deployment }: Target, signal?: AbortSignal): Promise<Limits> {
    return this.#json({ cluster, path: '/limits', query: { namespace, deployment }, signal });
  }

  /** Sets one count. */
  async set(
    { cluster, namespace, deployment }: Target,
    replicas: number,
    { currentReplicas, force, dryRun, wait }: WriteOptions = {},
    signal?: AbortSignal,
  ): Promise<Written> {
    const answer = await this.#send({
      cluster,
      path: '/replica-count',
      query: {
        namespace,
        deployment,
        currentReplicas,
        force: force || undefined,
        dryRun: dryRun || undefined,
        wait,
      },
      body: { replicas },
      signal,
    });
    const { replicaCount } = await bodyOf<components['schemas']['ReplicaCount']>(answer);
    const previous = answer.headers.get('x-previous-replicas');
    return {
      replicas: replicaCount,
      previous: previous === null ? undefined : Number(previous),
      forecast: answer.headers.get('x-replicas-forecast') ?? '',
      warnings: warningsOf(answer.headers.get('warning') ?? ''),
      resourceVersion: answer.headers.get('x-resource-version') ?? undefined,
    };
  }

  /** Sets many counts, or plans to with `dryRun`. Its items may name clusters. */
  batch(
    body: Batch,
    { force, dryRun, wait }: Omit<WriteOptions, 'currentReplicas'> = {},
    signal?: AbortSignal,
  ): Promise<BatchAnswer> {
    const query = { force: force || undefined, dryRun: dryRun || undefined, wait };
    return this.#json({ path: '/scale', query, body, signal });
  }

  /**
   * Follows the events of all clusters, or of one, from the moment at which the service has accepted it.
   * @param lastEventId the id after which to go on
   */
  async events(
    { cluster, namespace, labelSelector }: Selection & { readonly cluster?: string | undefined },
    lastEventId?: string,
    signal?: AbortSignal,
  ): Promise<AsyncGenerator<StreamEvent>> {
    const { body } = await this.#send({
      cluster,
      path: cluster === undefined ? '/clusters/events' : '/events',
      query: { namespace, labelSelector },
      headers: {
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
      signal,
    });
    return body === null ? noEvents() : streamEvents(body);
  }

  async #json<Body>(call: Call): Promise<Body> {
    return bodyOf<Body>(await this.#send(call));
  }

  async #send({
    cluster,
    path,
    query = {},
    body,
    headers,
    signal,
  }: Call): Promise<Awaited<ReturnType<Fetch>>> {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) parameters.set(name, String(value));
    }
    const prefix = cluster === undefined ? '' : `/${encodeURIComponent(cluster)}`;
    const search = parameters.size === 0 ? '' : `?${parameters}`;
    const answer = await this.#fetch(`${this.#base}${prefix}${path}${search}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
    const age = answer.headers.get('age');
    if (age !== null) this.#onAge?.(Number(age));
    if (answer.ok) return answer;
    throw new ApiError(answer.status, errorBody(await answer.text()), answer.headers);
  }
}

/** @throws ApiError if it is not JSON, for example the page of a proxy where people log in */
async function bodyOf<Body>(answer: Awaited<ReturnType<Fetch>>): Promise<Body> {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(answer.status, {}, answer.headers);
  }
}

function pathOf({ namespace, deployment }: Target): string {
  return `/deployments/${encodeURIComponent(namespace)}/${encodeURIComponent(deployment)}`;
}

/** The body of an error, or nothing if it is not that of this service. */
function errorBody(text: string): Partial<ErrorBody> {
  try {
    const body: unknown = JSON.parse(text);
    return isError(body) ? body : {};
  } catch {
    return {};
  }
}

function isError(body: unknown): body is ErrorBody {
  if (typeof body !== 'object' || body === null) return false;
  return (
    'code' in body && typeof body.code === 'string' && 'message' in body && typeof body.message === 'string'
  );
}

/** The texts of Warning headers, which `fetch` joins with commas. */
function warningsOf(header: string): string[] {
  return [...header.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replaceAll(/\\(.)/g, '$1'),
  );
}

async function* noEvents(): AsyncGenerator<StreamEvent> {}
