import { STATUS_CODES } from 'node:http';
import { expect } from 'vitest';
import * as errors from '../../../src/api/errors.ts';
import type { RawAnswer } from './raw.ts';

/** The status of every code that src/api/errors.ts documents. */
export const DOCUMENTED: ReadonlyMap<string, number> = new Map(
  Object.values(errors).map((ErrorOf) => {
    const { code, statusCode = 0 } = new ErrorOf('', '');
    return [code, statusCode];
  }),
);

const FORBIDDEN_HEADER =
  /^(server|x-powered-by|via|set-cookie|access-control-.*|x-ratelimit-.*|transfer-encoding)$/;
/** Internals that no answer may reveal: stacks, files, classes, and addresses of the API server. */
const INTERNAL = /node_modules|\.[cm]?[jt]s\b|\n|FST_|HPE_|ERR_|Error:|127\.0\.0\.1|serviceaccount/;

/** Checks the rules for every answer. @param routed whether the request was parsed, and so has an id */
export function expectHardened({ headers, status }: RawAnswer, routed: boolean): void {
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-type': 'application/json; charset=utf-8',
  });
  if (routed) expect(headers['x-request-id']).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
  expect(Object.keys(headers).filter((name) => FORBIDDEN_HEADER.test(name))).toEqual([]);
  expect(STATUS_CODES[status]).toBeDefined();
}

/** The code of an error answer, after a check of the shape of the answer. */
export function errorCode(answer: RawAnswer, routed = true): string {
  expectHardened(answer, routed);
  const body = JSON.parse(answer.body);
  expect(Object.keys(body)).toEqual(['statusCode', 'code', 'error', 'message']);
  expect(body.statusCode).toBe(answer.status);
  expect(body.error).toBe(STATUS_CODES[answer.status]);
  expect(DOCUMENTED.get(body.code)).toBe(answer.status);
  expect(body.message).not.toMatch(INTERNAL);
  if (answer.status === 429 || answer.status === 503)
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
  return body.code;
}

/** A short form of an answer, such as `200 {"status":"OK"}` or `404 ROUTE_NOT_FOUND`, after a check of all rules. */
export function summary(answer: RawAnswer): string {
  if (answer.status === 100) return '100';
  if (answer.status !== 200) return `${answer.status} ${errorCode(answer, 'x-request-id' in answer.headers)}`;
  expectHardened(answer, true);
  return `200 ${answer.body}`;
}
