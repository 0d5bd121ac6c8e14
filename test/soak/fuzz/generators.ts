import { METHODS } from 'node:http';
import fc from 'fast-check';
import { bodies, goodBodies, oddBodies } from './bodies.ts';
import { mostly } from './mostly.ts';
import type { FuzzRequest } from './oracle.ts';
import { goodUrls, oddUrls, urls } from './urls.ts';

/** Requests of every kind: valid, nearly valid, and noise. Valid parts are frequent, so that many requests succeed. */

const headerText = fc
  .string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((code) => code !== 0x7f)
      .map((code) => String.fromCharCode(code)),
    maxLength: 20,
  })
  .map((text) => text.trim());
const types = fc.constantFrom(
  'application/json; charset=utf-8',
  'Application/JSON',
  'application/json;charset="utf-8"',
  'application/json ;a=b',
  'text/plain',
  'application/jsonx',
  'application/x-www-form-urlencoded',
  'application/merge-patch+json',
  'json',
  '*/*',
  'a/b;application/json',
  '',
);
const tags = fc.oneof(
  fc.constantFrom(
    '*',
    '"uid.1"',
    '"uid.2"',
    'W/"uid.1"',
    '"x", "uid.1"',
    '"uid.1","uid.2"',
    '"uid.2", W/"uid.1"',
  ),
  fc.constantFrom('uid.1', '""', '', '"', '"a b"', '*, "x"', "'uid.1'", '"uid.1"x', ',', '"uid.1",'),
  headerText,
);
/** Headers that a usual write does not have. */
const oddHeaders: fc.Arbitrary<Record<string, string>> = fc.oneof(
  types.map((type) => ({ 'content-type': type })),
  tags.map((tag) => ({ 'if-match': tag })),
  fc.constantFrom('gzip', 'identity', 'br').map((coding) => ({ 'content-encoding': coding })),
  headerText.map((id) => ({ 'x-request-id': id })),
  fc.constantFrom('a'.repeat(64), 'a'.repeat(65)).map((id) => ({ 'x-request-id': id })),
  fc.constant({ 'x-http-method-override': 'PUT' }),
  fc.constantFrom('text/html', 'application/xml').map((accept) => ({ accept })),
  fc.constant({ expect: '100-continue' }),
);
const JSON_TYPE = { 'content-type': 'application/json' };
const headers = mostly<Record<string, string>>(
  fc.constant(JSON_TYPE),
  fc.constant({}),
  oddHeaders,
  fc.tuple(oddHeaders, oddHeaders).map(([one, other]) => ({ ...JSON_TYPE, ...one, ...other })),
);

const BODILESS = ['GET', 'HEAD'];
const oddMethods = fc.constantFrom(...METHODS.filter((name) => name !== 'CONNECT'));
const method = mostly(fc.constantFrom('POST', 'POST', 'GET', 'HEAD'), oddMethods);

const good = fc.record({
  method: fc.constant('POST'),
  url: goodUrls,
  headers: fc.constant<Record<string, string>>(JSON_TYPE),
  body: goodBodies as fc.Arbitrary<FuzzRequest['body']>,
});
const oddity: fc.Arbitrary<Partial<FuzzRequest>> = fc.oneof(
  { weight: 3, arbitrary: oddUrls.map((url) => ({ url })) },
  { weight: 3, arbitrary: oddBodies.map((body) => ({ body })) },
  { weight: 3, arbitrary: oddHeaders.map((odd) => ({ headers: { ...JSON_TYPE, ...odd } })) },
  { weight: 1, arbitrary: oddMethods.map((name) => ({ method: name })) },
);

/** One request: a valid write except for one detail, or any mixture. */
export const requests: fc.Arbitrary<FuzzRequest> = fc
  .oneof(
    fc.tuple(good, oddity).map(([usual, odd]) => ({ ...usual, ...odd })),
    fc.record({ method, url: urls, headers, body: bodies }),
  )
  // Neither HTTP clients nor `inject` send a body with these methods.
  .map((request) => (BODILESS.includes(request.method) ? { ...request, body: undefined } : request));
