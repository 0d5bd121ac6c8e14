import { isObject, type JsonObject } from '../../kube/json.ts';
import { MAX_COUNT } from '../../lib/max-count.ts';
import { NO_LIMITS, type Rail, type RailLimits } from './rule.ts';

/** How many characters of a reason are kept. */
const MAX_REASON_LENGTH = 256;
const BARE_REASON = 'its annotation says so';

/** The annotations that are read, each with what its text limits; undefined: nothing. */
const ANNOTATIONS: readonly [key: string, limitsIn: (text: unknown) => Partial<RailLimits> | undefined][] = [
  ['k8s-deployment-scaler/min', (text) => ifCount(text, (min) => ({ min }))],
  ['k8s-deployment-scaler/max', (text) => ifCount(text, (max) => ({ max }))],
  ['k8s-deployment-scaler/protected', protectionIn],
];

/** The rails of a Deployment without annotations. */
export const NO_RAILS: readonly Rail[] = [];

/**
 * What the annotations of a Deployment limit, one rail per annotation. Many people may write annotations, so these add
 * rails to those of the rules, and take none away.
 */
export function railsOf({ annotations }: JsonObject): readonly Rail[] {
  if (!isObject(annotations)) return NO_RAILS;
  const rails: Rail[] = [];
  for (const [key, limitsIn] of ANNOTATIONS) {
    const text = annotations[key];
    const limits = text === undefined ? undefined : limitsIn(text);
    if (limits !== undefined) rails.push({ ...NO_LIMITS, ...limits, from: `annotation ${key}` });
  }
  // An array that has grown has room for more items, which a copy has not.
  return rails.length === 0 ? NO_RAILS : rails.slice();
}

/** The limits of a count. A text that is none refuses every change: its author wanted a limit. */
function ifCount(text: unknown, limits: (count: number) => Partial<RailLimits>): Partial<RailLimits> {
  const count = typeof text === 'string' && /^(0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : Number.NaN;
  return count <= MAX_COUNT
    ? limits(count)
    : { protected: `this annotation is not a count from 0 to ${MAX_COUNT}: mend it` };
}

function protectionIn(text: unknown): Partial<RailLimits> | undefined {
  if (text === 'false') return undefined;
  if (typeof text !== 'string' || text === 'true') return { protected: BARE_REASON };
  // Messages have one line, whose characters a terminal does not obey.
  const reason = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  // A copy, because a slice keeps the whole text in memory.
  const kept = Buffer.from(reason.slice(0, MAX_REASON_LENGTH)).toString();
  return { protected: kept === '' ? BARE_REASON : kept };
}
