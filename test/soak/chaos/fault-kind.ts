import type { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import type { FaultRule } from '../../support/fake-apiserver/faults.ts';
import type { Random } from './random.ts';

/** What a walk offers to faults of the whole server. */
export interface Site {
  readonly demo: FakeApiServer;
  /** Writes the current token to the file that the kubeconfig names. */
  writeToken(): Promise<void>;
  /** Deletes some Deployments and makes others of the same names. */
  recreateSome(random: Random): void;
}

interface KindBase {
  readonly name: string;
}

/** A fault of single requests. */
export interface RuleKind extends KindBase {
  /** The request that it strikes. */
  readonly strikes: 'watch' | 'list' | 'write' | 'read';
  rule(random: Random, site: Site): FaultRule;
  /** Under this fault the server sends events late or in the wrong order, and no client can tell. See Excuses. */
  readonly misleads?: 'late' | 'disordered';
  /** The next list or connection would repair the damage to a cache, so check the cache before either. */
  readonly lingers?: boolean;
}

/** A fault of the whole server. Draws all its random numbers at once and returns the action. */
export interface ActionKind extends KindBase {
  act(random: Random, site: Site): () => Promise<void>;
}

export type FaultKind = RuleKind | ActionKind;
