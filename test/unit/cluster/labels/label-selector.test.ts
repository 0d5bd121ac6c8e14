import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SelectorError } from '../../../../src/cluster/cluster-errors.ts';
import { LabelSelector } from '../../../../src/cluster/labels/label-selector.ts';
import { reduceLabels } from '../../../../src/cluster/labels/labels.ts';
import { holds } from '../../../support/kube/property.ts';

type LabelMap = Readonly<Record<string, string>>;

const matches = (selector: string, labels: LabelMap) =>
  LabelSelector.parse(selector).matches(reduceLabels(labels));

describe('a label selector', () => {
  it.each<[selector: string, matching: readonly LabelMap[], others: readonly LabelMap[]]>([
    ['', [{}, { app: 'cart' }], []],
    [' \t\r\n', [{}, { app: 'cart' }], []],
    ['app', [{ app: 'cart' }, { app: '' }], [{}, { apps: 'cart' }]],
    ['!app', [{}, { apps: 'cart' }], [{ app: 'cart' }, { app: '' }]],
    ['app=cart', [{ app: 'cart' }], [{}, { app: 'Cart' }, { app: '' }, { cart: 'app' }]],
    ['app==cart', [{ app: 'cart' }], [{}, { app: '=cart' }]],
    ['app!=cart', [{}, { app: 'web' }, { app: '' }], [{ app: 'cart' }]],
    ['app=', [{ app: '' }], [{}, { app: 'cart' }]],
    ['app!=,tier', [{ app: 'x', tier: '' }, { tier: 'web' }], [{ app: '', tier: '' }, {}]],
    ['app in (cart,web)', [{ app: 'cart' }, { app: 'web' }], [{}, { app: '' }, { app: 'cart,web' }]],
    ['app notin (cart,web)', [{}, { app: '' }, { app: 'x' }], [{ app: 'cart' }, { app: 'web' }]],
    ['app in ()', [{ app: '' }], [{}, { app: 'x' }]],
    ['app in (,cart)', [{ app: '' }, { app: 'cart' }], [{}, { app: 'x' }]],
    ['app in (cart,,)', [{ app: '' }, { app: 'cart' }], [{}, { app: 'x' }]],
    ['app notin ()', [{}, { app: 'x' }], [{ app: '' }]],
    ['shard>3', [{ shard: '4' }, { shard: '0010' }], [{}, { shard: '3' }, { shard: 'x' }, { shard: '' }]],
    ['shard<3', [{ shard: '2' }, { shard: '000' }], [{}, { shard: '3' }, { shard: '1x' }, { shard: '' }]],
    // The API server compares signed integers of 64 bits.
    ['n>9007199254740992', [{ n: '9007199254740993' }], [{ n: '9007199254740992' }]],
    ['n>1', [{ n: '9223372036854775807' }], [{ n: '9223372036854775808' }]],
    ['app,app!=cart', [{ app: 'web' }], [{}, { app: 'cart' }]],
    ['app=cart,app=web', [], [{ app: 'cart' }, { app: 'web' }]],
    // Words of the grammar are keys and values too.
    ['in', [{ in: '' }], [{}]],
    ['!notin', [{}], [{ notin: '' }]],
    ['in in (in,notin)', [{ in: 'notin' }], [{ in: 'x' }]],
    ['notin=in', [{ notin: 'in' }], [{ notin: 'x' }]],
    ['\n! app ,tier\tin\r( web , api )', [{ tier: 'api' }], [{ app: '', tier: 'api' }, {}]],
    ['a.b-c/X_y.z-1=A_b.c-1', [{ 'a.b-c/X_y.z-1': 'A_b.c-1' }], [{}]],
    [`${'p'.repeat(253)}/${'n'.repeat(63)}=${'v'.repeat(63)}`, [], [{}]],
    // The API server takes NUL for the end of the text, except directly after a token.
    ['app=\0cart', [{ app: 'cart' }], [{ app: '' }]],
    ['app= \0)(', [{ app: '' }], [{ app: 'x' }]],
  ])('%j matches what it says', (selector, matching, others) => {
    for (const labels of matching) expect(matches(selector, labels)).toBe(true);
    for (const labels of others) expect(matches(selector, labels)).toBe(false);
  });

  it.each<[selector: string, position: number, problem: string]>([
    [',', 1, 'expected a label key'],
    ['app,', 5, 'expected a label key'],
    ['app,,tier', 5, 'expected a label key'],
    ['=cart', 1, 'expected a label key'],
    ['!', 2, 'expected a label key'],
    ['!!app', 2, 'expected a label key'],
    ['app tier', 5, 'expected "=", "==", "!=", "in", "notin", ">", "<", "," or the end'],
    ['app IN (x)', 5, 'expected "="'],
    ['app!', 4, 'expected "="'],
    ['!app=cart', 5, 'expected "," or the end'],
    ['app=cart=x', 9, 'expected "," or the end'],
    ['app===cart', 6, 'expected "," or the end'],
    ['app=cart)', 9, 'expected "," or the end'],
    ['app=a b', 7, 'expected "," or the end'],
    ['app in', 7, 'expected "("'],
    ['app in cart', 8, 'expected "("'],
    ['app in (cart', 13, 'expected "," or ")"'],
    ['app in (cart web)', 14, 'expected "," or ")"'],
    ['app notin (cart,!web)', 17, 'expected "," or ")"'],
    ['shard>', 7, 'expected an integer from 0 to 9223372036854775807'],
    ['shard>x', 7, 'expected an integer'],
    ['shard<-1', 7, 'expected an integer'],
    ['shard<+1', 7, 'expected an integer'],
    ['shard<1.5', 7, 'expected an integer'],
    ['shard<9223372036854775808', 7, 'expected an integer'],
    [`shard<${'0'.repeat(64)}`, 7, 'expected an integer'],
    ['-app', 1, 'expected a label key:'],
    ['a, /app', 4, 'expected a label key:'],
    ['app/', 1, 'expected a label key:'],
    ['a/b/c', 1, 'expected a label key:'],
    ['Shop/app', 1, 'expected a label key:'],
    ['shop..x/app', 1, 'expected a label key:'],
    [`${'p'.repeat(254)}/app`, 1, 'expected a label key:'],
    [`${'n'.repeat(64)}`, 1, 'expected a label key:'],
    ['app=-cart', 5, 'expected a label value:'],
    ['app=cart.', 5, 'expected a label value:'],
    ['app=a/b', 5, 'expected a label value:'],
    ['app=a:b', 5, 'expected a label value:'],
    [`app=${'v'.repeat(64)}`, 5, 'expected a label value:'],
    ['app in (a,b c)', 13, 'expected "," or ")"'],
    ['app in (a,_)', 11, 'expected a label value:'],
    ['café', 1, 'expected a label key:'],
    ['app\u00a0=x', 1, 'expected a label key:'],
    ['app in (x), 😀', 13, 'expected a label key:'],
  ])('%j is refused at character %d', (selector, position, problem) => {
    const error = errorOf(selector);
    expect(error).toBeInstanceOf(SelectorError);
    expect(error).toMatchObject({ position });
    expect(error.message).toContain(problem);
    expect(error.message).toMatch(new RegExp(` at character ${position}$`));
  });
});

function errorOf(selector: string): Error {
  try {
    LabelSelector.parse(selector);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error(`${selector} is accepted`);
}

const KEYS = ['app', 'tier', 'in', 'notin', 'example.com/shard', 'x_Y.z-1'] as const;
const VALUES = ['', 'cart', 'web', 'in', 'notin', '3', '007', '12'] as const;
const OPERATORS = ['exists', 'absent', '=', '==', '!=', 'in', 'notin', '>', '<'] as const;

/** A requirement in the form in which a client thinks of it. */
interface Wanted {
  readonly key: string;
  readonly operator: (typeof OPERATORS)[number];
  readonly values: readonly string[];
  readonly integer: number;
}

const anyWanted: fc.Arbitrary<Wanted> = fc.record({
  key: fc.constantFrom(...KEYS),
  operator: fc.constantFrom(...OPERATORS),
  values: fc.array(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 3 }),
  integer: fc.nat(12),
});
const anyLabels = fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES));
/** White space that may be left out. */
const anySpace = fc.constantFrom('', ' ', '\t', '\r\n', '  ');

/** The tokens of a requirement. Between words that follow each other there must be white space. */
function tokensOf({ key, operator, values, integer }: Wanted): string[] {
  const [first = ''] = values;
  switch (operator) {
    case 'exists':
      return [key];
    case 'absent':
      return ['!', key];
    case 'in':
    case 'notin':
      return [key, ' ', operator, '(', ...values.flatMap((value) => [',', value]).slice(1), ')'];
    case '>':
    case '<':
      return [key, operator, String(integer)];
    default:
      return [key, operator, first];
  }
}

function isMet({ key, operator, values, integer }: Wanted, labels: LabelMap): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  const [first] = values;
  const number = value !== undefined && /^\d+$/.test(value) ? Number(value) : Number.NaN;
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case '>':
      return number > integer;
    case '<':
      return number < integer;
    case '!=':
      return value !== first;
    default:
      return value === first;
  }
}

describe('any label selector', () => {
  it('means what its requirements mean, with white space anywhere between them', async () => {
    await holds(
      fc.property(
        fc.array(anyWanted, { maxLength: 4 }),
        fc.array(anySpace, { minLength: 40, maxLength: 40 }),
        fc.array(anyLabels, { minLength: 1, maxLength: 8 }),
        (wanted, spaces, objects) => {
          const tokens = wanted.flatMap((each) => [',', ...tokensOf(each)]).slice(1);
          const text = tokens.map((token, index) => (spaces[index % spaces.length] ?? '') + token).join('');
          const selector = LabelSelector.parse(text);
          expect(selector.isEmpty).toBe(wanted.length === 0);
          for (const labels of objects)
            expect(selector.matches(reduceLabels(labels))).toBe(wanted.every((each) => isMet(each, labels)));
        },
      ),
    );
  });

  it('is accepted, or refused at a character of the text or right after it', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'a',
        'b',
        'in',
        'notin',
        '=',
        '!',
        '>',
        '<',
        '(',
        ')',
        ',',
        ' ',
        '7',
        '/',
        '-',
        '😀',
        '\0',
      ),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    );
    await holds(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        try {
          LabelSelector.parse(text);
        } catch (error) {
          if (!(error instanceof SelectorError)) throw error;
          expect(error.position).toBeGreaterThanOrEqual(1);
          expect(error.position).toBeLessThanOrEqual([...text].length + 1);
        }
      }),
    );
  });
});
