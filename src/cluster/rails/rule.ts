import type { LabelSelector } from '../labels/label-selector.ts';

/** How far one write may move a count: by this many replicas, or by this share of the present count. */
export type Step = { readonly replicas: number } | { readonly percent: number };

/** What holds for a count. Each limit that is not undefined must admit a change. */
export interface RailLimits {
  /** The least count. 0 is below it too, unless `allowZero` is true. */
  readonly min: number | undefined;
  /** The greatest count. */
  readonly max: number | undefined;
  /** It does not apply where the present count is 0. */
  readonly maxStep: Step | undefined;
  /** Whether the count may be 0; undefined: it may, unless `min` is 1 or more. */
  readonly allowZero: boolean | undefined;
  /** Why the count must not be changed at all; undefined: it may be. */
  readonly protected: string | undefined;
}

export const NO_LIMITS: RailLimits = {
  min: undefined,
  max: undefined,
  maxStep: undefined,
  allowZero: undefined,
  protected: undefined,
};

/** A rule for the counts of some Deployments, as an operator has written it down. */
export interface RailRule extends RailLimits {
  /** Names it in errors. */
  readonly name: string;
  /** The clusters that it is for; empty: all. */
  readonly clusters: readonly string[];
  /** The namespaces that it is for; empty: all. */
  readonly namespaces: readonly string[];
  /** The Deployments that it is for; undefined: all. */
  readonly selector: LabelSelector | undefined;
}

/** The rules that hold now. They are replaced together, so each look sees one set of them. */
export interface RailRules {
  readonly current: readonly RailRule[];
}

/** Limits of one Deployment, with where they come from. */
export interface Rail extends RailLimits {
  /** `rule NAME` or `annotation KEY`. */
  readonly from: string;
}
