import type { Deployments } from '../../test/support/fake-apiserver/deployments.ts';
import { keyOf } from '../../test/support/fake-apiserver/store.ts';
import { nextStatus } from './rollout.ts';

/** Its pods never run: its image does not exist. */
export const STUCK = { namespace: 'search', name: 'indexer', replicas: 3 };
/** The Deployment that an autoscaler has, and its bounds. */
export const AUTOSCALED = { namespace: 'shop', name: 'cart', min: 2, max: 4 };
/** The Deployment that an operator changes now and then. */
const OPERATED = { namespace: 'ingress', name: 'gateway' };

/** The time of a step, in ms. */
export const STEP_MS = 800;
/** Steps between two moves of the autoscaler, some 20 s. */
const LOAD_STEPS = 25;
/** What the load asks for, one after the other. The demo begins with the last. */
const LOADS = [3, 2, 3, 4];
/** Steps between two looks of the autoscaler at its bounds, some 4 s. */
const BOUNDS_STEPS = 5;
/** Steps between two changes by the operator, some 40 s. */
const OPERATOR_STEPS = 50;

const HPA = { manager: 'kube-controller-manager', subresource: 'scale' } as const;
const OPERATOR = { manager: 'ingress-operator' };

/**
 * Who works in the demo cluster besides its clients: the Deployment controller and the kubelets, an autoscaler and an
 * operator. What they do depends on the number of steps only, so each demo takes the same course. Nobody touches other
 * Deployments, so that documented commands have the documented answers.
 */
export class Life {
  readonly #deployments: Deployments;
  #steps = 0;

  constructor(deployments: Deployments) {
    this.#deployments = deployments;
  }

  /** Does what happens within STEP_MS. */
  step(): void {
    this.#steps += 1;
    if (this.#steps % LOAD_STEPS === 0) this.#followLoad();
    if (this.#steps % BOUNDS_STEPS === 0) this.#keepBounds();
    if (this.#steps % OPERATOR_STEPS === 0) this.#operate();
    for (const record of this.#deployments.list()) {
      const status = nextStatus(record, keyOf(record) !== keyOf(STUCK));
      if (status !== undefined) this.#deployments.report(record.namespace, record.name, status);
    }
  }

  #followLoad(): void {
    const load = LOADS[(this.#steps / LOAD_STEPS - 1) % LOADS.length];
    if (load !== undefined) this.#autoscale(() => load);
  }

  #keepBounds(): void {
    this.#autoscale((count) => Math.min(Math.max(count, AUTOSCALED.min), AUTOSCALED.max));
  }

  /** A count of 0 switches an autoscaler off. */
  #autoscale(desired: (count: number) => number): void {
    const { namespace, name } = AUTOSCALED;
    const count = this.#deployments.get(namespace, name)?.replicas ?? 0;
    if (count > 0 && desired(count) !== count) this.#deployments.scale(namespace, name, desired(count), HPA);
  }

  /** It leaves what somebody has parked alone. */
  #operate(): void {
    const { namespace, name } = OPERATED;
    const count = this.#deployments.get(namespace, name)?.replicas ?? 0;
    if (count > 0) this.#deployments.scale(namespace, name, count === 2 ? 3 : 2, OPERATOR);
  }
}
