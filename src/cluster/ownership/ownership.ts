import type { Autoscalers } from '../autoscalers/autoscalers.ts';
import type { Deployment } from '../deployment.ts';
import { claimsOn } from './claims.ts';
import type { CountHistory } from './count-history.ts';
import { type Forecast, forecastsOf, type Owners } from './forecast.ts';

const NOT_READ: Forecast = {
  kind: 'unknown',
  by: undefined,
  certain: true,
  message: 'The service has not read this Deployment yet, so it does not know who else sets its count',
};

/** Who sets the counts of the Deployments of a cluster besides this service. */
export class Ownership {
  readonly #autoscalers: Pick<Autoscalers, 'of' | 'unknown'>;
  readonly #history: Pick<CountHistory, 'of'>;

  constructor(autoscalers: Pick<Autoscalers, 'of' | 'unknown'>, history: Pick<CountHistory, 'of'>) {
    this.#autoscalers = autoscalers;
    this.#history = history;
  }

  of(deployment: Deployment): Owners {
    const { namespace, name } = deployment;
    return {
      namespace,
      deployment: name,
      autoscalers: this.#autoscalers.of(namespace, name),
      claims: claimsOn(deployment, this.#history.of(deployment)),
      unknown: this.#autoscalers.unknown(namespace),
    };
  }

  /**
   * What will happen if this count is set.
   * @param deployment undefined: the cache does not hold it
   */
  forecasts(deployment: Deployment | undefined, replicas: number): readonly Forecast[] {
    return deployment === undefined ? [NOT_READ] : forecastsOf(this.of(deployment), replicas);
  }
}
