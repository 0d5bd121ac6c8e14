import { DeploymentError } from '../../../src/cluster/cluster-errors.ts';
import { KubeError } from '../../../src/kube/kube-errors.ts';
import type { Changes } from './changes.ts';
import type { Random } from './random.ts';
import type { ServerHistory } from './server-history.ts';
import { type Subject, watches } from './subject.ts';

/** Writes through the service's side, several at a time; what they report has to be true. */
export class Writes {
  succeeded = 0;
  readonly untruths: string[] = [];
  readonly #pending = new Set<Promise<void>>();

  begin(subjects: readonly Subject[], changes: Changes, history: ServerHistory, random: Random): void {
    const { namespace, name } = changes.any(random);
    const replicas = random.between(0, 30);
    const { cluster } = random.pick(subjects.filter((subject) => watches(subject, namespace)));
    const write = cluster
      .scale({ namespace, deployment: name, replicas, user: 'chaos' })
      .then((result) => {
        this.succeeded += 1;
        const timeline = history.of(namespace, name);
        const held = timeline.lastHeld(
          (state) => state?.resourceVersion === result.resourceVersion && state.replicas === replicas,
          performance.now(),
        );
        if (result.replicas !== replicas || held === undefined)
          this.untruths.push(`scaling ${namespace}/${name} to ${replicas} gave ${JSON.stringify(result)}`);
      })
      .catch((error: unknown) => {
        if (!(error instanceof DeploymentError || error instanceof KubeError)) throw error;
      });
    this.#pending.add(write);
    write.then(
      () => this.#pending.delete(write),
      () => {}, // kept: `settled` throws it
    );
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }
}
