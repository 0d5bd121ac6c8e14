import { isObject, type JsonObject } from '../../kube/json.ts';
import type { Rail } from './rule.ts';

const MIN = 'k8s-deployment-scaler/min';
const MAX = 'k8s-deployment-scaler/max';
const PROTECTED = 'k8s-deployment-scaler/protected';

/** The greatest count of the Kubernetes API (int32). */
const MAX_COUNT = 2_147_483_647;
/** How many characters of a reason are kept. */
const MAX_REASON_LENGTH = 256;
const NO_LIMITS = {
  min: undefined,
  max: undefined,
  maxStep: undefined,
  allowZero: undefined,
  protected: undefined,
};

/** The rails of a Deployment without annotations. */
export const NO_RAILS: readonly Rail[] = [];

/**
 * What the annotations of a Deployment limit, one rail per annotation. Anybody may write annotations, so they add rails to
 * the rules and remove none. A limit that is no count refuses every change: whoever wrote it wanted a limit.
 */
export function railsOf({ annotations }: JsonObject): readonly Rail[] {
  if (!isObject(annotations)) return NO_RAILS;
  const rails: Rail[] = [];
  const add = (key: string, limits: Partial<Rail>) =>
    rails.push({ ...NO_LIMITS, ...limits, from: `annotation ${key}` });
  for (const [key, limit] of [
    [MIN, 'min'],
    [MAX, 'max'],
  ] as const) {
    const text = annotations[key];
    if (text !== undefined) add(key, limitOf(limit, text));
  }
  const reason = reasonOf(annotations[PROTECTED]);
  if (reason !== undefined) add(PROTECTED, { protected: reason });
  // An array that has grown has room for more items, which a copy has not.
  return rails.length === 0 ? NO_RAILS : rails.slice();
}

function limitOf(limit: 'min' | 'max', text: unknown): Partial<Rail> {
  const count = typeof text === 'string' && /^(0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : undefined;
  if (count !== undefined && count <= MAX_COUNT) return { [limit]: count };
  return { protected: `this annotation is no count from 0 to ${MAX_COUNT}: mend it` };
}

function reasonOf(text: unknown): string | undefined {
  if (text === undefined || text === 'false') return undefined;
  if (typeof text !== 'string' || text === 'true') return 'its annotation says so';
  // Messages have one line, whose characters a terminal does not obey.
  const reason = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return reason === '' ? 'its annotation says so' : reason.slice(0, MAX_REASON_LENGTH);
}
