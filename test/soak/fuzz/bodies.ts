import fc from 'fast-check';
import { mostly } from './mostly.ts';
import type { FuzzRequest } from './oracle.ts';

const goodNumber = fc.integer({ min: 0, max: 20 }).map(String);
const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength });
/** A number as text, because a parser may round it: with fraction and exponent, with many digits, or with a mistake. */
const literal = fc
  .tuple(
    mostly(fc.constant(''), fc.constantFrom('-', '+')),
    mostly(digits(1, 2), digits(9, 11), digits(15, 17), digits(20, 30), fc.constantFrom('0', '00', '03', '')),
    mostly(
      fc.constant(''),
      fc.constantFrom('.', '.0', '.5', '.00000'),
      digits(1, 30).map((tail) => `.${tail}`),
      fc
        .tuple(fc.constantFrom('0', '9'), fc.nat(40), digits(0, 1))
        .map(([d, n, end]) => `.${d.repeat(n)}${end}`),
    ),
    mostly(
      fc.constant(''),
      fc.constantFrom('e', 'E+', 'e-', 'e1.5'),
      fc
        .tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), digits(1, 3))
        .map((parts) => parts.join('')),
    ),
  )
  .map((parts) => parts.join(''));
const oddNumber = fc.oneof(
  literal,
  fc.constantFrom(
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
    '1e400',
    '-1e400',
  ),
  fc.constantFrom(
    '1e-400',
    '5e-324',
    '2.9999999999999999',
    '3.00000000000000000001',
    `0.${'0'.repeat(400)}1`,
  ),
  fc.constantFrom('2147483647', '2147483648', '9007199254740992', '9007199254740993', '18446744073709551616'),
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
    '"1e1"',
    '[1e1]',
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
/** A body, mostly with the correct form. */
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

/** The correct body. */
export const goodBodies = goodNumber.map((n) => `{"replicas":${n}}`);
/** A body with one mistake or one unusual detail. */
export const oddBodies: fc.Arbitrary<FuzzRequest['body']> = fc.oneof(
  oddNumber.map((n) => `{"replicas":${n}}`),
  oddKey.map((k) => `{${k}:3}`),
  fc.tuple(goodBodies, member).map(([good, more]) => good.replace('}', `,${more}}`)),
  fc.tuple(goodBodies, member).map(([good, more]) => good.replace('{', `{${more},`)),
  fc.tuple(space, goodBodies, space).map((parts) => parts.join('')),
  bodies,
);
