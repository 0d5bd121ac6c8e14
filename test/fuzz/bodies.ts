import fc from 'fast-check';
import { mostly } from './mostly.ts';
import type { FuzzRequest } from './oracle.ts';

const goodNumber = fc.integer({ min: 0, max: 20 }).map(String);
const oddNumber = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '-1',
    '1.0',
    '1.5',
    '3e0',
    '1e1',
    '1E+1',
    '10e-1',
    '0.3e1',
    '1e-1',
    '2147483647',
    '2147483648',
    '1e400',
    '-1e400',
  ),
  fc.constantFrom(
    '"3"',
    'null',
    'true',
    'false',
    '[3]',
    '{}',
    '""',
    'NaN',
    '03',
    '+3',
    '.5',
    '5.',
    '0x3',
    '3n',
    '',
    'Infinity',
  ),
  fc.double().map(String),
);
const oddKey = fc.constantFrom(
  '"Replicas"',
  '"replica"',
  '"\\u0072eplicas"',
  '"replicas "',
  "'replicas'",
  'replicas',
  '"__proto__"',
  '""',
  '"replicaſ"',
);
const number = mostly(goodNumber, oddNumber);
const key = mostly(fc.constant('"replicas"'), oddKey);
const space = mostly(
  fc.constant(''),
  fc.constantFrom(' ', '\n', '\t', '\r\n', '\u00a0', '\ufeff', '\0', '//x\n', '  '),
);
const member = fc
  .tuple(key, space, space, number)
  .map(([k, before, after, n]) => `${k}${before}:${after}${n}`);
const json = fc.tuple(
  space,
  mostly(
    member,
    fc.array(member, { maxLength: 3 }).map((all) => all.join()),
  ),
  space,
  fc.constantFrom('', '', '', '', ',', ' '),
);
const nearlyGood = json.map(([before, members, after, end]) => `${before}{${members}${end}}${after}`);
/** A body, mostly of the right form. */
export const bodies: fc.Arbitrary<FuzzRequest['body']> = mostly<FuzzRequest['body']>(
  nearlyGood,
  fc.constantFrom(
    undefined,
    '',
    '{}',
    'null',
    '[]',
    '3',
    '{',
    'replicas=3',
    '{"replicas":3}{"replicas":3}',
    '{"replicas":3,}',
  ),
  fc.json({ maxDepth: 3 }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(nearlyGood, fc.uint8Array({ maxLength: 3 }))
    .map(([text, bytes]) => Buffer.concat([Buffer.from(text), Buffer.from(bytes)])),
  fc.integer({ min: 1_000, max: 1_050 }).map((length) => '{"replicas":3}'.padEnd(length)),
  fc.string({ unit: 'binary', maxLength: 30 }),
);

/** The right body. */
export const goodBodies = goodNumber.map((n) => `{"replicas":${n}}`);
/** One thing is wrong, or at least unusual. */
export const oddBodies: fc.Arbitrary<FuzzRequest['body']> = fc.oneof(
  oddNumber.map((n) => `{"replicas":${n}}`),
  oddKey.map((k) => `{${k}:3}`),
  fc.tuple(goodBodies, member).map(([good, more]) => good.replace('}', `,${more}}`)),
  fc.tuple(goodBodies, member).map(([good, more]) => good.replace('{', `{${more},`)),
  fc.tuple(space, goodBodies, space).map((parts) => parts.join('')),
  bodies,
);
