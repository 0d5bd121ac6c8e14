/** The command cannot reach the service. The message says what is wrong and what to do. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  /** The caller has written something wrong, such as a flag or a profile: exit code 2. Otherwise 1. */
  readonly usage: boolean;

  constructor(message: string, { usage = false, cause }: { usage?: boolean; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.usage = usage;
  }
}
