import fc from 'fast-check';
import { mostly } from './mostly.ts';

/** Any text that may occur in a URL: visible ASCII. */
const urlText = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 12,
});
const anyText = fc.string({ unit: 'grapheme', maxLength: 12 });

const path = mostly(
  fc.constantFrom('/healthz', '/deployments', '/replica-count', '/replica-count', '/replica-count'),
  fc.constantFrom(
    '/default/replica-count',
    '/default/set-replica-count',
    '/default/deployments',
    '/default/healthz',
    '/clusters',
    '/clusters/deployments',
  ),
  fc.constantFrom(
    '/',
    '//',
    '/*',
    '/replica-count/',
    '//replica-count',
    '/replica-count/..',
    '/./replica-count',
  ),
  fc.constantFrom(
    '/replica%2Dcount',
    '/%72eplica-count',
    '/replica-count%2f',
    '/%2freplica-count',
    '/replica-count%00',
  ),
  fc.constantFrom(
    '/Replica-Count',
    '/replica-count;a=b',
    '/replica-count#x',
    '/%',
    '/%zz',
    '/%ff',
    '/__proto__',
  ),
  fc.constantFrom(
    '/set-replica-count',
    '/cluster1/replica-count',
    '/cluster1/set-replica-count',
    '/%64efault/replica-count',
    '/default%2f/replica-count',
    '/default%00/deployments',
    '/Default/healthz',
    '/default/clusters',
    '/default/',
    '/default',
    '/clusters/',
    '/clusters/healthz',
    '//deployments',
    '/docs',
    '/metrics',
    '/readyz',
  ),
  urlText.map((text) => `/${text.replaceAll('?', '')}`),
  fc.integer({ min: 1_990, max: 2_100 }).map((length) => `/${'a'.repeat(length)}`),
);

const namespace = mostly(
  fc.constantFrom('default', 'default', 'shop'),
  fc.constantFrom(
    '',
    'Default',
    'default ',
    'default\n',
    'default\0',
    'a.b',
    '-a',
    'a-',
    '..',
    'de/fault',
    'dëfault',
    '0',
  ),
  fc.integer({ min: 60, max: 66 }).map((length) => 'a'.repeat(length)),
  anyText,
);
const deployment = mostly(
  fc.constantFrom('my-deployment', 'my-deployment', 'cart', 'a.b'),
  fc.constantFrom(
    '',
    'nope',
    'My-Deployment',
    'a..b',
    '.a',
    'a.',
    'a-.b',
    '../x',
    'cart/scale',
    'cart\u2028',
    'ｃart',
  ),
  fc.integer({ min: 250, max: 256 }).map((length) => 'a'.repeat(length)),
  anyText,
);
const figure = mostly(
  fc.constantFrom('0', '1', '10', '999999999'),
  fc.constantFrom(
    '',
    '-1',
    '+1',
    '01',
    '1.0',
    '1e3',
    '0x1',
    ' 1',
    '1 ',
    '٣',
    'NaN',
    '1000000000',
    '9'.repeat(100),
    '9'.repeat(101),
  ),
  anyText,
);

/** A value in one of its spellings in a query. */
function written(value: string): fc.Arbitrary<string> {
  const everyByte = [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const usual = encodeURIComponent(value.toWellFormed());
  return mostly(
    fc.constant(usual),
    fc.constantFrom(everyByte, usual.replaceAll('%20', '+'), `${usual}%`, `${usual}%00`),
  );
}

function parameter(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const nameAsWritten = mostly(
    fc.constant(name),
    fc.constantFrom(name.toUpperCase(), `${name}[]`, `%${name.charCodeAt(0).toString(16)}${name.slice(1)}`),
  );
  return fc.tuple(nameAsWritten, value.chain(written)).map(([n, v]) => `${n}=${v}`);
}

const oddity = fc.oneof(
  parameter('namespace', namespace),
  parameter('deployment', deployment),
  parameter('maxAge', figure),
  parameter('minResourceVersion', figure),
  fc.constantFrom(
    '',
    '=',
    'x',
    '__proto__=x',
    '__proto__[x]=y',
    'constructor=x',
    'dryRun=All',
    'namespace',
    'deployment=',
    '%',
    '?',
    '&',
  ),
  urlText,
);
const target = fc.tuple(parameter('namespace', namespace), parameter('deployment', deployment));
const query = mostly(
  target.map((pair) => pair.join('&')),
  parameter('namespace', namespace),
  fc.constant(''),
  fc
    .tuple(target, oddity)
    .chain(([pair, extra]) => fc.shuffledSubarray([...pair, extra], { minLength: 1 }))
    .map((all) => all.join('&')),
  fc.array(oddity, { maxLength: 4 }).map((all) => all.join('&')),
);
/** The URL that `inject` passes on: it normalises URLs as browsers do. test/service/security sends raw URLs. */
function normalised(url: string): string {
  const { pathname, search } = new URL(`http://localhost${url}`);
  return pathname + search;
}

/** A URL, mostly of an operation. */
export const urls = fc
  .tuple(path, query, fc.boolean())
  .map(([p, q, mark]) => normalised(q === '' && mark ? p : `${p}?${q}`));

const GOOD_QUERY = 'namespace=default&deployment=my-deployment';
/** The URL of an existing Deployment. */
export const goodUrls = fc.constant(`/replica-count?${GOOD_QUERY}`);
/** A URL with one mistake or one unusual detail. */
export const oddUrls = fc
  .oneof(
    path.map((p) => `${p}?${GOOD_QUERY}`),
    oddity.map((extra) => `/replica-count?${GOOD_QUERY}&${extra}`),
    oddity.map((extra) => `/replica-count?${extra}&${GOOD_QUERY}`),
    parameter('namespace', namespace).map((n) => `/replica-count?${n}&deployment=my-deployment`),
    parameter('deployment', deployment).map((d) => `/replica-count?namespace=default&${d}`),
  )
  .map(normalised);
