import type { Writer } from './writers.ts';

/**
 * What a tool does on its next run to a count that somebody else has set. `setsBack`: it sets its own; `conflicts`: it
 * fails, because it applies without force; `failsUpgrade`: so does the upgrade of a Helm release.
 */
export type NextRun = 'setsBack' | 'conflicts' | 'failsUpgrade';

export interface Tool {
  /** The kind of what it manages: see `marksOf`. `Apply`: a server-side or client-side apply by hand or script. */
  readonly kind: 'Application' | 'Kustomization' | 'HelmRelease' | 'Bundle' | 'Helm' | 'Apply';
  readonly nextRun: NextRun;
}

/** Tools by the field managers of their server-side applies; all but Helm and kubectl apply with force. */
const APPLIERS: Readonly<Record<string, Tool>> = {
  helm: { kind: 'Helm', nextRun: 'failsUpgrade' },
  'argocd-controller': { kind: 'Application', nextRun: 'setsBack' },
  'kustomize-controller': { kind: 'Kustomization', nextRun: 'setsBack' },
  'helm-controller': { kind: 'HelmRelease', nextRun: 'setsBack' },
  fleetagent: { kind: 'Bundle', nextRun: 'setsBack' },
};
const ANY_APPLIER: Tool = { kind: 'Apply', nextRun: 'conflicts' };

/** Helm 3, and Helm 4 without server-side apply, write what differs from the chart, as Updates. */
const UPDATERS: Readonly<Record<string, Tool>> = {
  helm: { kind: 'Helm', nextRun: 'setsBack' },
  'helm-controller': { kind: 'HelmRelease', nextRun: 'setsBack' },
  fleetagent: { kind: 'Bundle', nextRun: 'setsBack' },
};

/**
 * The tool that wrote a count and has it written down; undefined: nothing shows that the writer will write again.
 * An Update does not: its manager owns fields that it never set, because defaults count as written.
 */
export function toolOf({ manager, operation, viaScale }: Writer): Tool | undefined {
  if (viaScale) return undefined;
  return operation === 'Apply' ? (APPLIERS[manager] ?? ANY_APPLIER) : UPDATERS[manager];
}
