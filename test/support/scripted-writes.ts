import { vi } from 'vitest';
import { type ScaleRequest, Scaler } from '../../src/cluster/scaler.ts';
import { ScriptedApi } from './kube/scripted-api.ts';

/** The outcome of a write, once it is known. */
interface Outcome {
  result?: unknown;
  error?: unknown;
  afterMs?: number;
}

/** Writes of 3 replicas to shop/web, with a scripted API server and fake time. */
export class ScriptedWrites {
  readonly api = new ScriptedApi();
  /** What the writes request besides, or instead. */
  order: Partial<ScaleRequest> = {};

  /** The methods of the requests so far. */
  get methods(): string[] {
    return this.api.requests.map(({ request }) => request.method ?? 'GET');
  }

  /** Starts a write. */
  begin(): Outcome {
    const outcome: Outcome = {};
    const start = performance.now();
    const order = { namespace: 'shop', deployment: 'web', replicas: 3, user: 'alice', ...this.order };
    new Scaler(this.api).scale(order).then(
      (result) => Object.assign(outcome, { result, afterMs: performance.now() - start }),
      (error: unknown) => Object.assign(outcome, { error, afterMs: performance.now() - start }),
    );
    return outcome;
  }

  /** Makes a write whose calls get these answers one after another. The last answer repeats. */
  async answered(...answers: readonly unknown[]): Promise<Outcome> {
    const left = [...answers];
    this.api.respond = () => (left.length > 1 ? left.shift() : left[0]);
    const outcome = this.begin();
    await vi.advanceTimersByTimeAsync(10_000);
    return outcome;
  }
}

export function scaleOf(replicas: number, resourceVersion = '42') {
  return { kind: 'Scale', metadata: { uid: 'uid-of-web', resourceVersion }, spec: { replicas } };
}
