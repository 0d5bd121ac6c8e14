/** What limits have ended, refused or left out since the start: for metrics. */
export class Limited {
  /** Connections that were cut, by reason. */
  readonly connections = {
    /** Without a handshake: they made room for others. */
    handshakes: 0,
    /** More than there may be, of one client or in all. */
    too_many: 0,
    /** They brought more requests than their client may have under way. */
    requests: 0,
    /** Their answers were not read, or too slowly. */
    slow_reader: 0,
  };
  /** Requests that were refused, by reason. */
  readonly requests = {
    /** More under way than there may be in all. */
    in_all: 0,
    /** The process could not keep up. */
    overload: 0,
    /** There was no room for the audit line of a write. */
    log: 0,
  };
  /** Log lines of clients whose requests were refused too often. */
  logLines = 0;
}
