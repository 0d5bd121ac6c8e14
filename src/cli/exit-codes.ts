import type { ApiError } from '../client/api-error.ts';

/** The exit codes of the command line, by outcome. `--help` and docs/how-to/command-line.md list them. */
export const EXIT = {
  /** It is as was asked for. */
  done: 0,
  /** Any other failure. */
  failed: 1,
  /** The command is wrong. */
  usage: 2,
  /** Somebody set another count. */
  overridden: 3,
  /** The pods do not become available. */
  stuck: 4,
  /** The time is up. */
  notInTime: 5,
  /** It may not be, by the rights of the caller, a precondition, an autoscaler, a rail or admission. */
  refused: 6,
  /** Ctrl-C: 128 and the number of the signal, as shells have it. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_CODE: Readonly<Record<string, ExitCode>> = {
  INVALID_QUERY: EXIT.usage,
  INVALID_BODY: EXIT.usage,
  SELECT_TOO_WIDE: EXIT.usage,
  REPLICAS_OVERRIDDEN: EXIT.overridden,
  ROLLOUT_STUCK: EXIT.stuck,
  NOT_READY_IN_TIME: EXIT.notInTime,
  CERTIFICATE_UNUSABLE: EXIT.refused,
  IDENTITY_RESERVED: EXIT.refused,
  CLIENT_NOT_ALLOWED: EXIT.refused,
  FORBIDDEN: EXIT.refused,
  REPLICAS_MANAGED: EXIT.refused,
  PRECONDITION_FAILED: EXIT.refused,
  CHANGED_SINCE: EXIT.refused,
  RAIL: EXIT.refused,
  ADMISSION_REFUSED: EXIT.refused,
};

/** Of several outcomes the first one here is told. */
const WORST_FIRST: readonly ExitCode[] = [
  EXIT.terminated,
  EXIT.interrupted,
  EXIT.usage,
  EXIT.failed,
  EXIT.refused,
  EXIT.stuck,
  EXIT.overridden,
  EXIT.notInTime,
];

/** The exit code of an error of the API, by its code. */
export function exitCodeOf(code: string): ExitCode {
  return BY_CODE[code] ?? EXIT.failed;
}

/** The exit code of an answer that is an error: that of its code or, for codes of later versions, of its status. */
export function exitCodeOfAnswer({ code, status }: ApiError): ExitCode {
  return status === 403 || status === 412 ? EXIT.refused : exitCodeOf(code);
}

/** The exit code of several outcomes: the worst of them, `done` if there is none. */
export function worstOf(codes: readonly ExitCode[]): ExitCode {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? EXIT.done;
}

/** For `--help`. */
export const EXIT_CODES_HELP = `Exit codes:
  0    done
  1    anything else: the service cannot be reached, a name is not there, an outcome is not known
  2    the command is wrong, or the service finds a parameter invalid
  3    overridden: somebody set another count (REPLICAS_OVERRIDDEN)
  4    stuck: the pods do not become available (ROLLOUT_STUCK)
  5    not in time: the pods are not available yet (NOT_READY_IN_TIME)
  6    refused: no right (403), an autoscaler would undo it (REPLICAS_MANAGED), a precondition (412), a rail (RAIL)
       or admission control (ADMISSION_REFUSED)
  130  interrupted by Ctrl-C
Several Deployments: the first of 1, 6, 4, 3, 5 that one of them has.`;
