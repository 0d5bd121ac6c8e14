/** The command cannot reach the service. The message says what is wrong and what to do. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  /** The caller has written something wrong, such as a flag or a profile: exit code 2. Otherwise 1. */
  readonly usage: boolean;
  /** A write was sent and its answer was lost: it may have been done. */
  readonly outcomeUnknown: boolean;

  constructor(
    message: string,
    {
      usage = false,
      outcomeUnknown = false,
      cause,
    }: { readonly usage?: boolean; readonly outcomeUnknown?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.usage = usage;
    this.outcomeUnknown = outcomeUnknown;
  }
}
