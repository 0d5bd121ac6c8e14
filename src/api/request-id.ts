import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const VALID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Makes the function that names requests: by their X-Request-Id where that is 1 to 64 letters, digits, dots, dashes or
 * underscores, so that it cannot disturb a log, else by a name that no other process gives.
 */
export function requestIdGenerator(): (request: IncomingMessage) => string {
  const prefix = randomBytes(6).toString('hex');
  let count = 0;
  return ({ headers }) => {
    const given = headers['x-request-id'];
    if (typeof given === 'string' && VALID.test(given)) return given;
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
