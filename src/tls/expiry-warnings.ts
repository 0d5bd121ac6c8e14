import type { Logger } from '../lib/logger.ts';
import type { TlsFiles } from './material.ts';
import type { TlsMaterial } from './secure-context.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Warnings begin in the last quarter of a lifetime, but at most this early. cert-manager renews in the last third. */
const LONGEST_WARNING_MS = 14 * DAY_MS;
const SHARE = 1 / 4;

/** A certificate or a CRL in use. */
interface Expiring {
  /** Identifies it. A renewed certificate or CRL has another id. */
  readonly id: string;
  readonly from: Date;
  readonly until: Date;
  readonly fields: object;
  readonly soon: string;
  readonly over: string;
}

/** Logs that the server certificate or a CRL expires soon, or has expired: each at most once a day. */
export class ExpiryWarnings {
  readonly #files: TlsFiles;
  readonly #log: Logger;
  #loggedAt = new Map<string, number>();

  constructor(files: TlsFiles, log: Logger) {
    this.#files = files;
    this.#log = log;
  }

  /** Checks the material in use. Call it regularly. */
  check(material: TlsMaterial): void {
    const now = Date.now();
    const loggedAt = new Map<string, number>();
    for (const { id, from, until, fields, soon, over } of expiringIn(material, this.#files)) {
      const left = until.getTime() - now;
      if (left > Math.min((until.getTime() - from.getTime()) * SHARE, LONGEST_WARNING_MS)) continue;
      const key = `${id} ${left > 0}`;
      const last = this.#loggedAt.get(key);
      const due = last === undefined || now - last >= DAY_MS;
      loggedAt.set(key, due ? now : last);
      if (!due) continue;
      const context = { ...fields, until: until.toISOString(), hoursLeft: Math.floor(left / HOUR_MS) };
      if (left > 0) this.#log.warn(context, soon);
      else this.#log.error(context, over);
    }
    this.#loggedAt = loggedAt;
  }
}

function* expiringIn(material: TlsMaterial, files: TlsFiles): Generator<Expiring> {
  const { validFromDate, validToDate, fingerprint256 } = material.chain[0];
  yield {
    id: fingerprint256,
    from: validFromDate,
    until: validToDate,
    fields: { file: files.cert },
    soon: 'the server certificate expires soon',
    over: 'the server certificate has expired: clients refuse it',
  };
  for (const { issuer, thisUpdate, nextUpdate } of material.crls ?? []) {
    if (nextUpdate === undefined) continue;
    yield {
      id: `${issuer} ${thisUpdate.getTime()} ${nextUpdate.getTime()}`,
      from: thisUpdate,
      until: nextUpdate,
      fields: { file: files.crl, issuer },
      soon: 'a CRL expires soon: from then on every client of its issuer is refused',
      over: 'a CRL has expired: every client of its issuer is refused',
    };
  }
}
