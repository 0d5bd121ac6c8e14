import type { Deployment } from '../deployment.ts';
import { type CountRecord, wasTaken } from './count-history.ts';
import { splitMark } from './marks.ts';
import { type NextRun, type Tool, toolOf } from './tools.ts';
import type { Writer } from './writers.ts';

/** Somebody has a count of its own written down, and sets it when it runs the next time. */
export interface Claim {
  /** As in `marksOf` or, for an apply by hand or script, `Apply`. */
  readonly kind: string;
  /** Of the object or release or, for `Apply`, of the field manager. */
  readonly name: string;
  /** `actsAsItLikes`: the controller of another object. */
  readonly nextRun: NextRun | 'actsAsItLikes';
  /** The count that it has; undefined: not known. */
  readonly count: number | undefined;
  /** Whether it certainly has one. */
  readonly certain: boolean;
  /** Where this is seen. */
  readonly evidence: string;
}

/** The count that Kubernetes gives a Deployment whose creator says none. */
const DEFAULT_COUNT = 1;
const CLIENT_SIDE_APPLY = 'kubectl-client-side-apply';

/**
 * Who has a count for this Deployment besides autoscalers: tools that apply it, and the controller of its owner.
 * @param record what the watch has shown since the start; undefined: the count has not changed
 */
export function claimsOn(deployment: Deployment, record: CountRecord | undefined): readonly Claim[] {
  const { replicas, writers, marks, controller, appliedReplicas } = deployment;
  const claims: Claim[] = [];
  const add = (tool: Tool, writer: Writer, count: number | undefined, evidence: string) => {
    const { kind, nextRun } = tool;
    const certain = count !== undefined && (writer.operation === 'Apply' || count !== DEFAULT_COUNT);
    claims.push({ kind, name: nameOf(kind, writer, deployment), nextRun, count, certain, evidence });
  };
  if (appliedReplicas !== undefined) {
    const application = nameIn(marks, 'Application');
    const kind = application === undefined ? 'Apply' : 'Application';
    claims.push({
      kind,
      name: application ?? CLIENT_SIDE_APPLY,
      nextRun: 'setsBack',
      count: appliedReplicas,
      certain: true,
      evidence: `spec.replicas is ${appliedReplicas} in the annotation kubectl.kubernetes.io/last-applied-configuration`,
    });
  }
  for (const writer of writers) {
    const tool = writer.ownsCount ? toolOf(writer) : undefined;
    if (tool !== undefined) add(tool, writer, replicas, `${described(writer)} owns spec.replicas`);
  }
  for (const { writer, replicas: count } of record?.takenFrom ?? []) {
    const tool = toolOf(writer);
    if (tool !== undefined)
      add(tool, writer, count, `${described(writer)} had set ${count} before it was scaled`);
  }
  if (record?.startedTaken ?? wasTaken(deployment)) claims.push(...possibleClaims(deployment));
  if (controller !== undefined) {
    const [kind = '', name = ''] = splitMark(controller);
    const evidence = 'its ownerReference has controller: true';
    claims.push({ kind, name, nextRun: 'actsAsItLikes', count: undefined, certain: false, evidence });
  }
  return firstOfEach(claims);
}

/** Tools that may have set the count before it was taken. */
function possibleClaims(deployment: Deployment): Claim[] {
  const { writers, marks } = deployment;
  const of = (kind: string, name: string, nextRun: NextRun, evidence: string): Claim => ({
    kind,
    name,
    nextRun,
    count: undefined,
    certain: false,
    evidence: `${evidence}; whether with a count is not known, because it was scaled before the service started`,
  });
  const appliers = writers.filter(({ operation, ownsCount }) => operation === 'Apply' && !ownsCount);
  const claims = appliers.flatMap((writer) => {
    const tool = toolOf(writer);
    if (tool === undefined) return [];
    return of(
      tool.kind,
      nameOf(tool.kind, writer, deployment),
      tool.nextRun,
      `${described(writer)} is there`,
    );
  });
  for (const mark of marks) {
    const [kind = '', name = ''] = splitMark(mark);
    if (kind === 'Helm' || kind === 'HelmRelease' || kind === 'Bundle')
      claims.push(of(kind, name, 'setsBack', `it is marked as part of ${mark}`));
  }
  return claims;
}

/** One claim of each: the first is the best proved. */
function firstOfEach(claims: readonly Claim[]): readonly Claim[] {
  const byName = new Map<string, Claim>();
  for (const claim of claims) {
    const key = `${claim.kind}/${claim.name}`;
    if (!byName.has(key)) byName.set(key, claim);
  }
  return [...byName.values()];
}

function described({ manager, operation }: Writer): string {
  return `the entry of ${manager} (${operation}) in managedFields`;
}

/** The name in the mark of the tool; without one, the field manager. */
function nameOf(kind: string, { manager }: Writer, { marks }: Deployment): string {
  return nameIn(marks, kind) ?? manager;
}

function nameIn(marks: readonly string[], kind: string): string | undefined {
  return marks.map(splitMark).find(([each]) => each === kind)?.[1];
}
