import { readFileSync } from 'node:fs';
import { CALL_CONNECTIONS } from '../cluster/call-places.ts';
import { containerMemory } from '../lib/process-memory.ts';
import type { ConfiguredLimits, Limits } from './limits.ts';

const MIB = 1024 * 1024;
/** Share of the container's memory. Above it new requests are refused, so that the kernel does not end the process. */
const MEMORY_SHARE = 0.85;
/** File descriptors that are kept for files, the management listener and Node itself. */
const OTHER_DESCRIPTORS = 200;
/** File descriptors that are kept for the calls, watches and credentials of each cluster. */
const DESCRIPTORS_PER_CLUSTER = CALL_CONNECTIONS + 20;
/** The service does not start if it can have fewer connections than this. */
const MIN_CONNECTIONS = 16;

/** The resources of the machine. */
export interface Machine {
  /** How many file descriptors this process may have; undefined: not known. */
  readonly descriptors: number | undefined;
  /** The memory limit of the container, in bytes; undefined: no limit. */
  readonly memoryBytes: number | undefined;
}

/** The machine does not have the resources that the service needs. */
export class MachineError extends Error {
  override readonly name = 'MachineError';
}

/** The current resources of this machine. */
export function thisMachine(): Machine {
  return { descriptors: descriptorLimit(), memoryBytes: containerMemory() };
}

/**
 * Adapts the limits to the machine. Clients get at most the file descriptors that API servers, files and the management
 * listener do not need. The memory limit follows that of the container, unless one is configured.
 * @throws MachineError if too few file descriptors are left for connections
 */
export function limitsOn(
  { descriptors, memoryBytes = 0 }: Machine,
  { maxHeapMib, ...limits }: ConfiguredLimits,
  clusters: number,
): Limits {
  const maxMemoryBytes = maxHeapMib * MIB || Math.floor(memoryBytes * MEMORY_SHARE);
  const needed = OTHER_DESCRIPTORS + clusters * DESCRIPTORS_PER_CLUSTER;
  const sockets = (descriptors ?? Number.POSITIVE_INFINITY) - needed;
  if (sockets >= limits.maxConnections + limits.maxHandshakes) return { ...limits, maxMemoryBytes };
  const maxHandshakes = Math.min(limits.maxHandshakes, Math.floor(sockets / 4));
  const maxConnections = Math.min(limits.maxConnections, sockets - maxHandshakes);
  if (maxConnections < MIN_CONNECTIONS) {
    throw new MachineError(
      `${descriptors} file descriptors are too few, because the service itself needs ${needed} of them: raise the limit (ulimit -n)`,
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
