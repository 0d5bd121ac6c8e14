import { randomBytes } from 'node:crypto';

/** @param given the X-Request-Id of the request */
export type NewRequestId = (given: string | string[] | undefined) => string;

const VALID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Creates the function that returns the id of a request: its X-Request-Id if that consists of 1 to 64 letters, digits,
 * dots, dashes or underscores, so that it cannot forge log content; otherwise a new id that no other process generates.
 */
export function requestIdGenerator(): NewRequestId {
  const prefix = randomBytes(6).toString('hex');
  let count = 0;
  return (given) => {
    if (typeof given === 'string' && VALID.test(given)) return given;
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
