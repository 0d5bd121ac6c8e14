import type { Autoscaler } from '../autoscalers/autoscaler.ts';
import type { Deployment } from '../deployment.ts';
import type { Claim } from '../ownership/claims.ts';
import type { CountChange, CountRecord } from '../ownership/count-history.ts';
import { isOver } from '../ownership/fight.ts';
import type { Owners } from '../ownership/forecast.ts';
import { splitMark } from '../ownership/marks.ts';
import { nameOf } from '../ownership/remedies.ts';
import { type Phase, rolloutOf } from '../rollout/phase.ts';
import { type LastChange, lastChangeOf, NOBODY, timeOf } from './deployment-changes.ts';

/** The state of one Deployment, as the API answers it. */
export interface DeploymentState {
  readonly kind: 'Deployment';
  readonly namespace: string;
  readonly deployment: string;
  /** The count that is asked for. */
  readonly replicas: number;
  readonly current: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly phase: Phase;
  readonly reason: string;
  readonly paused: boolean;
  readonly owners: readonly Owner[];
  /** Why there may be owners that are not known; empty: all are known. */
  readonly unknownOwners: readonly string[];
  readonly lastChange?: LastChange;
  readonly overridden?: Override;
  readonly fight?: OngoingFight;
}

/** Who sets the count besides the callers of this service. */
export interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly does: string;
  readonly evidence: string;
}

/** A change by somebody else that followed a write of this service. */
export interface Override {
  /** The field manager that made it. */
  readonly by: string;
  readonly at: string;
  readonly from: number;
  readonly to: number;
}

/** Two managers who set the count in turn. */
export interface OngoingFight {
  readonly between: readonly [string, string];
  /** How often the count has passed from one to the other. */
  readonly switches: number;
  /** RFC 3339. */
  readonly since: string;
  readonly lastAt: string;
}

/** How long an override is news. */
const NEWS_SECONDS = 60 * 60;

/**
 * The state of a Deployment.
 * @param record what the watch has shown of its count since the start; undefined: it has not changed
 */
export function stateOf(
  deployment: Deployment,
  owners: Owners,
  record: CountRecord | undefined,
): DeploymentState {
  const { namespace, name, replicas, status, marks } = deployment;
  const { current, updated, ready, available, paused } = status;
  const lastChange = lastChangeOf(deployment, record?.lastChange);
  const overridden = overrideIn(record);
  const fight = fightIn(record);
  return {
    kind: 'Deployment',
    namespace,
    deployment: name,
    replicas,
    current,
    updated,
    ready,
    available,
    ...rolloutOf(deployment),
    paused,
    owners: ownersOf(owners, marks),
    unknownOwners: owners.unknown,
    ...(lastChange && { lastChange }),
    ...(overridden && { overridden }),
    ...(fight && { fight }),
  };
}

function overrideIn(record: CountRecord | undefined): Override | undefined {
  const change = record?.override;
  if (change === undefined || Date.now() / 1000 - change.at > NEWS_SECONDS) return undefined;
  return overrideOf(change);
}

/** A change by somebody else that followed a write of this service, as the API answers it. */
export function overrideOf({ manager = NOBODY, at, from, to }: CountChange): Override {
  return { by: manager, at: timeOf(at), from, to };
}

function fightIn(record: CountRecord | undefined): OngoingFight | undefined {
  const fight = record?.fight;
  if (fight === undefined || isOver(fight, Date.now() / 1000)) return undefined;
  const { between, switches, since, lastAt } = fight;
  return { between, switches, since: timeOf(since), lastAt: timeOf(lastAt) };
}

function ownersOf({ autoscalers, claims }: Owners, marks: readonly string[]): readonly Owner[] {
  const owners = [...autoscalers.map(ofAutoscaler), ...claims.map(ofClaim)];
  const others = marks.map(splitMark).filter(([kind]) => !owners.some((owner) => owner.kind === kind));
  return [...owners, ...others.map(([kind, name]) => ofMark(kind, name))];
}

function ofAutoscaler(autoscaler: Autoscaler): Owner {
  const { kind, name, min, max, paused, pausedReplicas } = autoscaler;
  const does =
    pausedReplicas !== undefined
      ? `holds the count at ${pausedReplicas} while it is paused`
      : paused
        ? 'is paused'
        : `keeps the count between ${min} and ${max}`;
  const belongsTo =
    nameOf(autoscaler) === `${kind}/${name}` ? '' : `, and it belongs to ${nameOf(autoscaler)}`;
  return { kind, name, does, evidence: `its scaleTargetRef names the Deployment${belongsTo}` };
}

function ofClaim({ kind, name, nextRun, count, certain, evidence }: Claim): Owner {
  const theirs = count === undefined ? 'a count of its own' : `${count}`;
  const may = certain ? '' : 'may have a count of its own: ';
  const does = {
    setsBack: `${may}its next run sets ${theirs} again`,
    conflicts: `${may}its next apply fails with a conflict if the count is not ${theirs}`,
    failsUpgrade: `${may}its next upgrade fails with a conflict if the count is not ${theirs}`,
    actsAsItLikes: 'its controller may set the count',
  }[nextRun];
  return { kind, name, does, evidence };
}

function ofMark(kind: string, name: string): Owner {
  return {
    kind,
    name,
    does: 'manages it, with no count that is known',
    evidence: 'its labels and annotations',
  };
}
