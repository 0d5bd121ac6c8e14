import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const VALID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Creates the function that returns the id of a request: its X-Request-Id if that consists of 1 to 64 letters, digits,
 * dots, dashes or underscores, so that it cannot forge log content; otherwise a new id that no other process generates.
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
