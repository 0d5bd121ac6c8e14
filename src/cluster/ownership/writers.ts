import { isObject, type JsonObject } from '../../kube/json.ts';
import type { Interning } from '../../lib/interner.ts';

/** The field manager of the writes of this service: constant, so that other tools can be told to leave its counts alone. */
export const FIELD_MANAGER = 'k8s-deployment-scaler';

/** An entry of metadata.managedFields that says who has written the replica count of a Deployment, or may write it. */
export interface Writer {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** Whether it wrote through the scale subresource. */
  readonly viaScale: boolean;
  /** Whether it owns spec.replicas: it wrote the present count. An applier that does not may have left it out. */
  readonly ownsCount: boolean;
  /** When the entry last changed, by the clock of the API server, in seconds since 1970; 0: not known. */
  readonly at: number;
}

const NONE: readonly Writer[] = [];

/**
 * Reduces metadata.managedFields to the entries that own spec.replicas, and to those of server-side appliers. Entries of
 * a form that the Kubernetes API does not have are left out: they must not keep the Deployment from being read.
 */
export function reduceWriters(managedFields: unknown, interning: Interning): readonly Writer[] {
  if (!Array.isArray(managedFields)) return NONE;
  const writers: Writer[] = [];
  for (const entry of managedFields) {
    if (!isObject(entry)) continue;
    const { manager, operation, subresource, time } = entry;
    // The status has a field of the same name, which is the number of pods.
    if (typeof manager !== 'string' || subresource === 'status') continue;
    if (operation !== 'Apply' && operation !== 'Update') continue;
    const ownsCount = ownsReplicas(entry);
    if (!ownsCount && operation === 'Update') continue;
    const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    writers.push({
      manager: interning.text(manager),
      operation,
      viaScale: subresource === 'scale',
      ownsCount,
      at: Number.isNaN(ms) ? 0 : Math.floor(ms / 1000),
    });
  }
  // An array that has grown has room for more items, which a copy has not.
  return writers.length === 0 ? NONE : writers.slice();
}

function ownsReplicas({ fieldsV1 }: JsonObject): boolean {
  const spec = isObject(fieldsV1) ? fieldsV1['f:spec'] : undefined;
  return isObject(spec) && 'f:replicas' in spec;
}

/** The owner of the count: of several, which can only be appliers of the same count, the one that wrote last. */
export function ownerOfCount(writers: readonly Writer[]): Writer | undefined {
  let owner: Writer | undefined;
  for (const writer of writers) {
    if (writer.ownsCount && (owner === undefined || writer.at >= owner.at)) owner = writer;
  }
  return owner;
}

/** Whether this service wrote the count. */
export function isOurs({ manager, viaScale }: Writer): boolean {
  return manager === FIELD_MANAGER && viaScale;
}
