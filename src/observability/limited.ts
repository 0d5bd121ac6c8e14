/** Counts, for metrics, the connections that limits cut, the requests they refused and the log lines they left out. */
export class Limited {
  /** Connections that were cut, by reason. */
  readonly connections = {
    /** Connections without a complete handshake, which made room for others. */
    handshakes: 0,
    /** The limit of connections per client or in total was exceeded. */
    too_many: 0,
    /** The connection sent more requests than its client may have under way. */
    requests: 0,
    /** The client did not read its answers, or read them too slowly. */
    slow_reader: 0,
  };
  /** Requests that were refused, by reason. */
  readonly requests = {
    /** The limit of requests under way in total was reached. */
    in_all: 0,
    /** The process could not keep up. */
    overload: 0,
    /** The log had no room for the audit line of a write. */
    log: 0,
    /** The limit of waiting answers, per client or in total, was reached. */
    waiters: 0,
    /** The limit of batches, per client or in total, was reached. */
    batches: 0,
    /** The limit of streams, per client or in total, was reached. */
    streams: 0,
  };
  /** Log lines that were left out because the requests of a client were refused too often. */
  logLines = 0;
}
