import type { Changes, State } from '../../client/scaler-client.ts';
import { ageOf, oneLine, type Paint } from './text.ts';

/** Kinds of owners that have a usual short name. */
const SHORT_KINDS: Readonly<Record<string, string>> = {
  HorizontalPodAutoscaler: 'HPA',
  Application: 'ArgoCD',
  Kustomization: 'Flux',
  HelmRelease: 'Flux',
  Bundle: 'Fleet',
};

/** Who else sets the count: `HPA/cart, Helm/shop`. */
export function ownersText({ owners }: State): string {
  return owners.map(({ kind, name }) => shortOwner(`${kind}/${name}`)).join(', ');
}

/** `HPA/cart` for `HorizontalPodAutoscaler/cart`. */
export function shortOwner(owner: string): string {
  const [kind = '', ...name] = owner.split('/');
  return oneLine([SHORT_KINDS[kind] ?? kind, ...name].join('/'));
}

/** `3 -> 5`; without the count before, if that is not known, `5`. */
export function countChange({ from, to }: { readonly from?: number; readonly to: number }): string {
  return from === undefined ? String(to) : `${from} -> ${to}`;
}

/** Who made a change: the user or, if that is not known, the field manager. */
export function authorOf({ user, manager }: Pick<Changes['changes'][number], 'user' | 'manager'>): string {
  return oneLine(user ?? manager);
}

/** `3 -> 5 by alice, 2m ago`. */
export function lastChangeText({ lastChange, overridden, fight }: State): string {
  if (lastChange === undefined) return '';
  const ago = lastChange.at === undefined ? '' : `, ${ageOf(lastChange.at)} ago`;
  const mark = fight === undefined ? (overridden === undefined ? '' : ' (override)') : ' (fight)';
  return `${countChange(lastChange)} by ${authorOf(lastChange)}${ago}${mark}`;
}

/** `4/5`: how many of the pods that are asked for are ready. */
export function readyText({ ready, replicas }: State): string {
  return `${ready}/${replicas}`;
}

export function phaseText({ phase }: State, paint: Paint): string {
  const colour = { stable: 'green', progressing: 'yellow', stuck: 'red' } as const;
  return paint(colour[phase], phase);
}
