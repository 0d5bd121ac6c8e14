import { KubernetesTimeoutError } from './errors.ts';

/** The time that one cluster may take in an answer about all clusters. Only its access reviews can take long. */
const BUDGET_MS = 5_000;

/** @throws KubernetesTimeoutError if the work takes longer than BUDGET_MS */
export function withinBudget<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new KubernetesTimeoutError()), BUDGET_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
