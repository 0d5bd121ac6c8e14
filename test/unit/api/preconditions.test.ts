import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bothOf, namedIn, preconditionOf } from '../../../src/api/preconditions.ts';
import { deployment as deploymentWith } from '../../support/deployment-objects.ts';

const document = parse(readFileSync(new URL('../../../openapi.yaml', import.meta.url), 'utf8'));
const documented = (name: string) =>
  new Ajv2020({ strict: false }).compile(document.components.parameters[name].schema);

/** Reads the header. @throws if it is malformed */
type Read = (value: string) => unknown;

function isAccepted(read: Read, value: string): boolean {
  try {
    read(value);
    return true;
  } catch {
    return false;
  }
}

/** Every text that consists of at most `most` of the pieces. */
function* texts(pieces: readonly string[], most: number): Generator<string> {
  yield '';
  if (most === 0) return;
  for (const rest of texts(pieces, most - 1)) for (const piece of pieces) yield piece + rest;
}

const deployment = deploymentWith('my-deployment', '9', { uid: 'uid', generation: 2, replicas: 3 });

describe.each<[string, Read]>([
  ['If-Match', preconditionOf],
  ['If-None-Match', namedIn],
])('%s', (name, read) => {
  const isDocumented = documented(name);

  it.each([
    ['*', true],
    ['"uid.1"', true],
    ['W/"uid.1"', true],
    ['""', true],
    ['"\x80\xff!#~"', true],
    ['"a","b"', true],
    ['"a" \t, \t W/"b"', true],
    ['', false],
    [' ', false],
    ['uid.1', false],
    ['"', false],
    ['"a', false],
    ['"a b"', false],
    ['"a""b"', false],
    ['"a" "b"', false],
    ['"a,b"', false],
    ['w/"a"', false],
    ['W/a', false],
    ['"a",', false],
    [',"a"', false],
    ['"a",,"b"', false],
    ['**', false],
    ['*, "a"', false],
    ['"a\x7f"', false],
    ['"a\u0100"', false],
  ])('the service and its API document agree whether %j is accepted: %j', (value, expected) => {
    expect([isAccepted(read, value), isDocumented(value)]).toEqual([expected, expected]);
  });

  it('the API document accepts exactly the values that the service accepts', () => {
    const disagreed = [];
    let accepted = 0;
    for (const value of texts(['"', 'W/', '*', ',', ' ', '\t', 'a', '\u00a0'], 5)) {
      const isRead = isAccepted(read, value);
      if (isRead) accepted += 1;
      if (isRead !== isDocumented(value)) disagreed.push(value);
    }
    expect(disagreed).toEqual([]);
    expect(accepted).toBeGreaterThan(50);
  });
});

describe('If-Match', () => {
  it.each([
    ['"uid.2"', true],
    ['"uid.1"', false],
    ['"uid.1", "uid.2"', true],
    ['"uid.2","uid.1"', true],
    ['W/"uid.2"', false],
    ['W/"uid.2", "uid.2"', true],
    ['""', false],
    ['"UID.2"', false],
  ])('%s matches a Deployment with the entity tag "uid.2": %j', (value, expected) => {
    expect(preconditionOf(value)?.(deployment)).toBe(expected);
  });

  it.each([undefined, '*'])('%j sets no precondition', (value) => {
    expect(preconditionOf(value)).toBeUndefined();
  });
});

describe('two preconditions', () => {
  const [yes, no] = [() => true, () => false];

  it.each([
    [yes, yes, true],
    [yes, no, false],
    [no, yes, false],
    [undefined, no, false],
    [no, undefined, false],
    [yes, undefined, true],
    [undefined, yes, true],
  ])('must both hold, as far as there are two: %s, %s', (a, b, expected) => {
    expect(bothOf(a, b)?.(deployment)).toBe(expected);
  });

  it('are none if there are none', () => {
    expect(bothOf(undefined, undefined)).toBeUndefined();
  });
});

describe('If-None-Match', () => {
  it.each([
    ['"uid.2"', true],
    ['"uid.1"', false],
    ['"uid.1", "uid.2"', true],
    ['W/"uid.2"', true],
    ['W/"uid.1" , W/"uid.2"', true],
    ['*', true],
    ['""', false],
    ['"UID.2"', false],
    ['"W/uid.2"', false],
    [undefined, false],
  ])('%s names the entity tag "uid.2": %j', (value, expected) => {
    expect(namedIn(value)('uid.2')).toBe(expected);
  });

  it('that is malformed is an error that says so', () => {
    expect(() => namedIn('uid.2')).toThrow(
      'If-None-Match is not a list of entity tags: send the ETag of an answer',
    );
  });
});
