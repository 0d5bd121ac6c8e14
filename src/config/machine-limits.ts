import { readFileSync } from 'node:fs';
import { containerMemory } from '../lib/process-memory.ts';
import type { ConfiguredLimits, Limits } from './limits.ts';

const MIB = 1024 * 1024;
/** Part of the container's memory beyond which new requests are refused, before the kernel ends the process. */
const MEMORY_SHARE = 0.85;
/** File descriptors that are left for files, the management listener and what Node itself needs. */
const OTHER_DESCRIPTORS = 200;
/** Left for each cluster: calls, watches, credentials. */
const DESCRIPTORS_OF_CLUSTER = 60;
/** Fewer connections than these make no service. */
const LEAST_CONNECTIONS = 16;

/** What the machine has. */
export interface Machine {
  /** File descriptors of this process; undefined where it is not known. */
  readonly descriptors: number | undefined;
  /** The memory limit of its container, in bytes; undefined where there is none. */
  readonly memoryBytes: number | undefined;
}

/** The machine does not do for the service. */
export class MachineError extends Error {
  override readonly name = 'MachineError';
}

/** This machine, as it is now. */
export function thisMachine(): Machine {
  return { descriptors: descriptorLimit(), memoryBytes: containerMemory() };
}

/**
 * The limits as the machine can bear them: no more sockets than there are file descriptors, less those that API
 * servers, files and the management listener need; and a bound on memory that follows the container's, unless there is
 * a configured one.
 * @throws MachineError where hardly any descriptors are left for connections
 */
export function limitsOn(
  { descriptors, memoryBytes = 0 }: Machine,
  { maxHeapMib, ...limits }: ConfiguredLimits,
  clusters: number,
): Limits {
  const maxMemoryBytes = maxHeapMib * MIB || Math.floor(memoryBytes * MEMORY_SHARE);
  const needed = OTHER_DESCRIPTORS + clusters * DESCRIPTORS_OF_CLUSTER;
  const sockets = (descriptors ?? Number.POSITIVE_INFINITY) - needed;
  if (sockets >= limits.maxConnections + limits.maxHandshakes) return { ...limits, maxMemoryBytes };
  const maxHandshakes = Math.min(limits.maxHandshakes, Math.floor(sockets / 4));
  const maxConnections = Math.min(limits.maxConnections, sockets - maxHandshakes);
  if (maxConnections < LEAST_CONNECTIONS) {
    throw new MachineError(
      `${descriptors} file descriptors are too few, as ${needed} are needed for other things than clients: raise the limit (ulimit -n)`,
    );
  }
  return { ...limits, maxMemoryBytes, maxHandshakes, maxConnections };
}

function descriptorLimit(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
