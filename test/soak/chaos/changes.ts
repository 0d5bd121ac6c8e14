import type { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import type { DeploymentRecord } from '../../support/fake-apiserver/store.ts';
import type { Random } from './random.ts';

export const NAMESPACES = 6;
/** More than a page of the reflector's list holds, always. */
export const LEAST = 540;
const MOST = 680;
export const AT_FIRST = 600;

/** Changes of Deployments that do not come through the API. */
export class Changes {
  made = 0;
  readonly #demo: FakeApiServer;
  #created = 0;

  constructor(demo: FakeApiServer) {
    this.#demo = demo;
  }

  /** The seed decides which Deployment changes, because only a walk creates and deletes Deployments. */
  make(random: Random): void {
    const { deployments } = this.#demo;
    const { namespace, name } = this.any(random);
    const what = random.next();
    const replicas = random.between(0, 20);
    this.made += 1;
    if (what < 0.15) deployments.touch(namespace, name);
    else if (what < 0.3) deployments.recreate(namespace, name, replicas);
    else if (what < 0.45 && deployments.size < MOST) this.create(random);
    else if (what < 0.6 && deployments.size > LEAST) deployments.delete(namespace, name);
    // The same count would not be a change.
    else deployments.scale(namespace, name, (deployments.get(namespace, name)?.replicas ?? 0) + 1 + replicas);
  }

  any(random: Random): DeploymentRecord {
    return random.pick(this.#demo.deployments.list());
  }

  create(random: Random): DeploymentRecord {
    this.#created += 1;
    const namespace = `team-000${random.between(0, NAMESPACES - 1)}`;
    const name = `made-${this.#created}`;
    return this.#demo.deployments.create({ namespace, name, replicas: random.between(0, 20) });
  }

  /** Deletes some and creates others with the same names: only the uid shows this kind of change. */
  recreateSome(random: Random): void {
    for (let left = random.between(1, 8); left > 0; left -= 1) {
      const { namespace, name } = this.any(random);
      this.#demo.deployments.recreate(namespace, name, random.between(0, 20));
    }
  }
}
