import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Autoscalers } from '../../../../src/cluster/autoscalers/autoscalers.ts';
import type { KubeApi, KubeRequest, KubeStream } from '../../../../src/kube/client/kube-client.ts';
import { KubeStatusError, KubeUnreachableError } from '../../../../src/kube/kube-errors.ts';
import type { ReflectorTiming } from '../../../../src/kube/reflector/reflector.ts';
import { RecordingLogger } from '../../../support/kube/recording-logger.ts';
import { flush, WATCH_LIST_IS_OFF } from '../../../support/kube/scripted-api.ts';

const forbidden = new KubeStatusError(403, 'Forbidden', 'forbidden');
const notServed = new KubeStatusError(404, 'NotFound', 'the server could not find the requested resource');
const refused = new KubeUnreachableError(false, 'connect ECONNREFUSED');
/** The timing of production, except that a watch may stay silent. */
const timing: ReflectorTiming = {
  pageSilenceMs: 15_000,
  initialEventsMs: { silence: 5_000, whole: 45_000 },
  pagesMs: 60 * 60_000,
  silenceMs: { least: 3_600_000, most: 3_600_000 },
  optionalRetryMs: { least: 45_000, most: 75_000 },
  refusalMs: 10_000,
};
/** Longer than the longest pause between two attempts. */
const RETRY_MS = 80_000;

const HPAS = '/apis/autoscaling/v2/horizontalpodautoscalers';
const HPAS_OF_SHOP = '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers';
const HPAS_OF_BLOG = '/apis/autoscaling/v2/namespaces/blog/horizontalpodautoscalers';
const SCALED_OBJECTS = '/apis/keda.sh/v1alpha1/scaledobjects';

const metadata = (name: string) => ({ namespace: 'shop', name, uid: `u-${name}`, resourceVersion: '7' });
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' };
const hpa = (name: string) => ({ metadata: metadata(name), spec: { scaleTargetRef, maxReplicas: 9 } });
const scaledObject = (name: string) => ({ metadata: metadata(name), spec: { scaleTargetRef } });

/** Lists what a test says, and keeps watches open without events until the test ends them. */
class AnsweringApi implements KubeApi {
  /** By path. A path that is missing has no objects. */
  answers: Readonly<Record<string, Error | readonly object[]>> = {};
  lists = 0;
  #endWatches: (() => void)[] = [];

  async call({ path }: KubeRequest): Promise<unknown> {
    this.lists += 1;
    return { metadata: { resourceVersion: '9' }, items: this.#answer(path) };
  }

  async watch({ path, query, signal }: KubeRequest): Promise<KubeStream> {
    this.#answer(path);
    if (query?.sendInitialEvents) throw WATCH_LIST_IS_OFF;
    return this.#silence(signal);
  }

  reloadCredentials(): void {}

  /** Ends all watches as the API server does after a while. */
  async endWatches(): Promise<void> {
    // A watch that ends sooner than after a second counts as a failure.
    await vi.advanceTimersByTimeAsync(1_500);
    for (const end of this.#endWatches.splice(0)) end();
    await flush();
  }

  #answer(path: string): readonly object[] {
    const answer = this.answers[path] ?? [];
    if (answer instanceof Error) throw answer;
    return answer;
  }

  async *#silence(signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
    await new Promise<void>((resolve, reject) => {
      this.#endWatches.push(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  }
}

let api: AnsweringApi;
let log: RecordingLogger;
let autoscalers: Autoscalers;

beforeEach(() => {
  vi.useFakeTimers();
  api = new AnsweringApi();
  log = new RecordingLogger();
});
afterEach(async () => {
  await autoscalers.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

interface Options {
  readonly namespaces?: readonly string[];
  readonly horizontalPodAutoscalers?: boolean;
  readonly scaledObjects?: boolean;
}

async function start(answers: AnsweringApi['answers'], options: Options = {}): Promise<void> {
  const { namespaces = [], horizontalPodAutoscalers = true, scaledObjects = true } = options;
  api.answers = answers;
  autoscalers = new Autoscalers({
    api,
    namespaces,
    watched: { horizontalPodAutoscalers, scaledObjects },
    log,
    timing,
  });
  autoscalers.start();
  await flush();
}

const lines = () =>
  log.lines
    .filter(({ level, message }) => level !== 'debug' && !message.includes('initial events'))
    .map(({ level, context, message }) => {
      const about: { right?: string; version?: string } = context;
      return `${level}: ${message}: ${about.right ?? about.version}`;
    });
const ofCart = () => autoscalers.of('shop', 'cart').map(({ kind, name }) => `${kind}/${name}`);
const synced = () => autoscalers.mirrors.map((mirror) => [mirror.resource, mirror.synced]);

describe('the autoscalers of a Deployment', () => {
  it('are HPAs first, each kind by name', async () => {
    await start({ [HPAS]: [hpa('z'), hpa('b')], [SCALED_OBJECTS]: [scaledObject('y'), scaledObject('a')] });
    const names = [
      'HorizontalPodAutoscaler/b',
      'HorizontalPodAutoscaler/z',
      'ScaledObject/a',
      'ScaledObject/y',
    ];
    expect(ofCart()).toEqual(names);
    expect(autoscalers.unknown('shop')).toEqual([]);
    expect(lines()).toEqual([]);
  });

  it('are read in each watched namespace by itself', async () => {
    await start(
      { [HPAS_OF_SHOP]: [hpa('a')], [HPAS_OF_BLOG]: forbidden },
      { namespaces: ['shop', 'blog'], scaledObjects: false },
    );
    expect(ofCart()).toEqual(['HorizontalPodAutoscaler/a']);
    expect(autoscalers.unknown('shop')).toEqual([]);
    const right = 'list and watch horizontalpodautoscalers.autoscaling in the namespace "blog"';
    expect(autoscalers.unknown('blog')).toEqual([
      `the service may not ${right}, so the HorizontalPodAutoscalers are not known`,
    ]);
    expect(lines()).toEqual([
      `warn: the account of the service lacks a right: autoscalers of Deployments are not known: ${right}`,
    ]);
    expect(autoscalers.mirrors.map(({ namespace, synced }) => [namespace, synced])).toEqual([
      ['shop', true],
      ['blog', false],
    ]);
  });
});

describe('a missing right', () => {
  const right = 'list and watch horizontalpodautoscalers.autoscaling cluster-wide';
  const warning = `warn: the account of the service lacks a right: autoscalers of Deployments are not known: ${right}`;

  it('is named once, in the log and by unknown, and is used when it is granted', async () => {
    await start({ [HPAS]: forbidden });
    await vi.advanceTimersByTimeAsync(3 * RETRY_MS);
    expect(lines()).toEqual([warning]);
    expect(autoscalers.unknown('shop')).toEqual([
      `the service may not ${right}, so the HorizontalPodAutoscalers are not known`,
    ]);
    expect(synced()).toEqual([
      ['horizontalpodautoscalers', false],
      ['scaledobjects', true],
    ]);

    const before = autoscalers.version;
    api.answers = { [HPAS]: [hpa('a')] };
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(lines()).toEqual([warning, `info: the account of the service has the right now: ${right}`]);
    expect(autoscalers.unknown('shop')).toEqual([]);
    expect(ofCart()).toEqual(['HorizontalPodAutoscaler/a']);
    expect(autoscalers.version).toBeGreaterThan(before);
  });

  it('that is withdrawn later makes the known state old', async () => {
    await start({ [HPAS]: [hpa('a')] });
    const before = autoscalers.version;
    api.answers = { [HPAS]: forbidden };
    await api.endWatches();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(lines()).toEqual([warning]);
    expect(autoscalers.unknown('shop')).toEqual([
      `the service may not ${right}, so what it knows of the HorizontalPodAutoscalers is old`,
    ]);
    expect(ofCart()).toEqual(['HorizontalPodAutoscaler/a']);
    expect(autoscalers.version).toBeGreaterThan(before);
  });

  it('is not named again after an outage in between', async () => {
    await start({ [HPAS]: forbidden }, { scaledObjects: false });
    api.answers = { [HPAS]: refused };
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    api.answers = { [HPAS]: forbidden };
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(lines().filter((line) => line === warning)).toHaveLength(1);
    expect(autoscalers.unknown('shop')).toEqual([expect.stringContaining(right)]);
  });
});

describe('an API that is not served', () => {
  it('means that there are no ScaledObjects, until KEDA is installed', async () => {
    await start({ [SCALED_OBJECTS]: notServed });
    await vi.advanceTimersByTimeAsync(3 * RETRY_MS);
    const absent =
      'info: the API server does not serve an API of autoscalers: there are none: keda.sh/v1alpha1';
    expect(lines()).toEqual([absent]);
    expect(autoscalers.unknown('shop')).toEqual([]);
    api.answers = { [SCALED_OBJECTS]: [scaledObject('a')] };
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(lines()).toEqual([
      absent,
      'info: the API server serves the API of autoscalers now: keda.sh/v1alpha1',
    ]);
    expect(ofCart()).toEqual(['ScaledObject/a']);
  });

  it('later means that the ScaledObjects are gone', async () => {
    await start({ [SCALED_OBJECTS]: [scaledObject('a')] });
    expect(ofCart()).toEqual(['ScaledObject/a']);
    api.answers = { [SCALED_OBJECTS]: notServed };
    await api.endWatches();
    expect(ofCart()).toEqual([]);
    expect(autoscalers.unknown('shop')).toEqual([]);
  });

  it('means that HPAs are not known, because Kubernetes itself defines them', async () => {
    await start({ [HPAS]: notServed });
    const why = 'the API server does not serve autoscaling/v2, so the HorizontalPodAutoscalers are not known';
    expect(lines()).toEqual([
      'warn: the API server does not serve an API of autoscalers: they are not known: autoscaling/v2',
    ]);
    expect(autoscalers.unknown('shop')).toEqual([why]);
  });
});

it('nothing is known before the first answer, and what is known may be old in an outage', async () => {
  await start({ [HPAS]: refused }, { scaledObjects: false });
  expect(autoscalers.unknown('shop')).toEqual(['the HorizontalPodAutoscalers have not been read yet']);
  api.answers = {};
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  expect(autoscalers.unknown('shop')).toEqual([]);
  const before = autoscalers.version;
  api.answers = { [HPAS]: refused };
  await api.endWatches();
  expect(autoscalers.unknown('shop')).toEqual([
    'the service has lost contact, so what it knows of the HorizontalPodAutoscalers may be old',
  ]);
  expect(autoscalers.version).toBeGreaterThan(before);
});

describe('an outage', () => {
  const outage = () =>
    log.lines.filter(({ message }) => /HorizontalPodAutoscalers (can|again)/.test(message));

  it('that lasts for a minute has a line with its reason, and one when it is over', async () => {
    await start({}, { namespaces: ['shop', 'blog'], scaledObjects: false });
    const broken = new KubeStatusError(500, 'InternalError', 'conversion webhook failed');
    api.answers = { [HPAS_OF_SHOP]: broken, [HPAS_OF_BLOG]: broken };
    await api.endWatches();
    await vi.advanceTimersByTimeAsync(59_999);
    expect(outage()).toEqual([]);
    await vi.advanceTimersByTimeAsync(600_000);
    const begun = {
      level: 'warn',
      message: 'HorizontalPodAutoscalers cannot be read, so what is known of them may be old',
      context: { code: 'KUBE_STATUS', status: 500, reason: 'conversion webhook failed' },
    };
    expect(outage()).toEqual([begun]);

    api.answers = { [HPAS_OF_BLOG]: broken };
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(outage()).toEqual([begun]);
    api.answers = {};
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(outage()).toEqual([
      begun,
      {
        level: 'info',
        message: 'the API server answers for HorizontalPodAutoscalers again',
        context: { seconds: expect.any(Number) },
      },
    ]);
  });

  it('that is shorter has no line', async () => {
    await start({}, { scaledObjects: false });
    api.answers = { [HPAS]: refused };
    await api.endWatches();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(autoscalers.unknown('shop')).toHaveLength(1);
    api.answers = {};
    await vi.advanceTimersByTimeAsync(600_000);
    expect(outage()).toEqual([]);
  });
});

it('HPAs that are not watched are not known, and ScaledObjects that are not watched do not matter', async () => {
  await start({}, { horizontalPodAutoscalers: false, scaledObjects: false });
  expect(autoscalers.unknown('shop')).toEqual([
    'HorizontalPodAutoscalers are not watched: WATCH_HPAS=true switches it on',
  ]);
  expect(api.lists).toBe(0);
  expect(autoscalers.mirrors).toEqual([]);
});
