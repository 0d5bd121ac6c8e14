import type { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import type { FaultRule } from '../../support/fake-apiserver/faults.ts';
import type { Random } from './random.ts';

/** What a walk offers to faults that are more than a rule for requests. */
export interface Site {
  readonly demo: FakeApiServer;
  /** Writes the token of now to the file that the kubeconfig names. */
  writeToken(): Promise<void>;
  /** Deletes some Deployments and makes others of the same names. */
  recreateSome(random: Random): void;
}

interface KindBase {
  readonly name: string;
}

/** Befalls requests. */
export interface RuleKind extends KindBase {
  /** What has to be asked of the server for it to strike. */
  readonly strikes: 'watch' | 'list' | 'write' | 'read';
  rule(random: Random, site: Site): FaultRule;
  /**
   * What the server says under this fault is late, or in the wrong order, and no client can tell. See Excuses.
   */
  readonly misleads?: 'late' | 'disordered';
  /** What it does to a cache is healed by the next list or connection: to be looked at before either. */
  readonly lingers?: boolean;
}

/** Befalls the server as a whole. Draws all its random numbers at once and returns what is to be done. */
export interface ActionKind extends KindBase {
  act(random: Random, site: Site): () => Promise<void>;
}

export type FaultKind = RuleKind | ActionKind;
