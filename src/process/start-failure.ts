import { ConfigError } from '../config/config.ts';
import { MachineError } from '../config/machine-limits.ts';
import { TlsMaterialError } from '../tls/tls-file.ts';

/** Kubernetes keeps the last 4 KiB, or 80 lines, of the output of a container that failed, for `kubectl describe`. */
const MAX_CHARACTERS = 3_000;

/** The message for the operator of a service that did not start. */
export function startFailure(error: unknown): string {
  const message = messageOf(error);
  const left = message.length - MAX_CHARACTERS;
  return left > 0 ? `${message.slice(0, MAX_CHARACTERS)}\n... and ${left} more characters` : message;
}

function messageOf(error: unknown): string {
  const isExplained =
    error instanceof ConfigError || error instanceof MachineError || error instanceof TlsMaterialError;
  if (isExplained) return error.message;
  // For example, the port is in use or the address does not belong to this machine. The stack would not help.
  return `The service could not start: ${error instanceof Error ? error.message : error}`;
}
