import { FIELD_MANAGER, type Writer } from '../../src/cluster/ownership/writers.ts';

/** Entries of managedFields, reduced. Each owns the count unless `parts` say something else. */

export function applier(manager: string, parts: Partial<Writer> = {}): Writer {
  return { manager, operation: 'Apply', viaScale: false, ownsCount: true, at: 100, ...parts };
}

export function updater(manager: string, parts: Partial<Writer> = {}): Writer {
  return { ...applier(manager, parts), operation: 'Update', ...parts };
}

/** A writer through `scale`, whose entry has no time. */
export function scaler(manager: string): Writer {
  return updater(manager, { viaScale: true, at: 0 });
}

/** This service. */
export const SERVICE: Writer = { ...scaler(FIELD_MANAGER), operation: 'Apply' };
