import { describe, expect, it } from 'vitest';
import { DefinitionError } from '../../../src/fleet/definition.ts';
import { parseRails, readRails } from '../../../src/fleet/rails-file.ts';

const parse = (text: string) => parseRails('rails.yaml', text);

function mistakesOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof DefinitionError) return error.mistakes;
    throw error;
  }
  return [];
}

/** The mistakes in a rule with a name and these other fields, each on a line of its own from the third on. */
const inRule = (...fields: readonly string[]) =>
  mistakesOf(() => parse(['rules:', '  - name: a', ...fields.map((field) => `    ${field}`), ''].join('\n')));

describe('a rails file', () => {
  it('gives rules in order, with all their fields or only some', () => {
    const text = `
rules:
  - name: shop evenings. v1_2-a
    clusters: [home, west]
    namespaces: [shop]
    labelSelector: tier=batch,!keep
    min: 2
    max: 10
    maxStep: 50%
    allowZero: true
    protected: moved to another team
  - name: everywhere
    max: 1000
`;
    const [first, second] = parse(text);
    expect(first).toMatchObject({
      name: 'shop evenings. v1_2-a',
      clusters: ['home', 'west'],
      namespaces: ['shop'],
      selector: { text: 'tier=batch,!keep' },
      min: 2,
      max: 10,
      maxStep: { percent: 50 },
      allowZero: true,
      protected: 'moved to another team',
    });
    expect(first?.selector?.matches(['tier', 'batch'])).toBe(true);
    expect(first?.selector?.matches(['keep', '', 'tier', 'batch'])).toBe(false);
    expect(second).toEqual({
      name: 'everywhere',
      clusters: [],
      namespaces: [],
      selector: undefined,
      min: undefined,
      max: 1000,
      maxStep: undefined,
      allowZero: undefined,
      protected: undefined,
    });
  });

  it('may have no rules, and rules for everything by empty lists and an empty selector', () => {
    expect(parse('rules: []')).toEqual([]);
    expect(
      parse('rules: [{name: a, clusters: [], namespaces: [], labelSelector: "", max: 1}]'),
    ).toMatchObject([{ clusters: [], namespaces: [], selector: undefined }]);
  });

  it('takes steps of replicas and of percent up to 10,000', () => {
    const steps = ['1', '2147483647', '1%', '"100%"', '10000%'];
    const text = steps.map((step, index) => `  - {name: r${index}, maxStep: ${step}}\n`).join('');
    expect(parse(`rules:\n${text}`).map(({ maxStep }) => maxStep)).toEqual([
      { replicas: 1 },
      { replicas: 2_147_483_647 },
      { percent: 1 },
      { percent: 100 },
      { percent: 10_000 },
    ]);
  });

  it('makes one line of a reason that is a block of text', () => {
    const [rule] = parse('rules:\n  - name: a\n    protected: |\n      ask\n      the team\n');
    expect(rule?.protected).toBe('ask the team');
  });

  it('is refused with the line and the field of every mistake, in all rules', () => {
    const text = `rules:
  - name: a/b
    maxx: 3
  - name: ok
    clusters: [West]
    namespaces:
      - shop
      - Not-Ok
    max: -1
    allowZero: "no"
  - min: 2147483648
  - 5
  - name: ok2
    labelSelector: tier in batch
    min: 5
    max: 4
  - name: ok2
    protected: " "
  - name: ok2
    max: 3
`;
    expect(mistakesOf(() => parse(text)).toSorted()).toEqual([
      'rails.yaml:10: rules[1].allowZero must be boolean',
      'rails.yaml:11: rules[2] lacks name',
      'rails.yaml:11: rules[2].min must be <= 2147483647',
      'rails.yaml:12: rules[3] must be object',
      'rails.yaml:14: rules[4].labelSelector is not a label selector: expected "(" at character 9',
      'rails.yaml:16: rules[4].max is below the least count, which is 5',
      'rails.yaml:18: rules[5].protected does not give a reason',
      'rails.yaml:19: rules[6].name ok2 is already the name of another rule',
      'rails.yaml:2: rules[0].name is not 1 to 63 letters, digits, spaces, ".", "_" and "-"',
      'rails.yaml:3: rules[0].maxx is not a known field',
      'rails.yaml:5: rules[1].clusters[0] is not a DNS label',
      'rails.yaml:8: rules[1].namespaces[1] is not a DNS label',
      'rails.yaml:9: rules[1].max must be >= 0',
    ]);
  });

  it.each([
    ['', 'rails.yaml:1: the file must be object'],
    ['# none\nrule: []\n', 'rails.yaml:2: the file lacks rules'],
    ['rules: {}\n', 'rails.yaml:1: rules must be array'],
    ['rules: *x\n', 'rails.yaml: Unresolved alias (the anchor must be set before the alias): x'],
    ['rules:\n  - name: a\n    max: 1\n    max: 2\n', 'rails.yaml:4: Map keys must be unique'],
  ])('is refused if it is %j', (text, mistake) => {
    expect(mistakesOf(() => parse(text))).toContain(mistake);
  });

  it('is refused beyond 1,000 rules', () => {
    const rules = (length: number) =>
      JSON.stringify({ rules: Array.from({ length }, (_, index) => ({ name: `r${index}`, max: 1 })) });
    expect(parse(rules(1_000))).toHaveLength(1_000);
    expect(mistakesOf(() => parse(rules(1_001)))).toEqual([
      'rails.yaml:1: rules must not have more than 1000 items',
    ]);
  });

  it('is refused if it cannot be read', () => {
    const message = 'RAILS_FILE names a file that cannot be read: no/such/file.yaml';
    expect(mistakesOf(() => readRails('no/such/file.yaml'))).toEqual([message]);
  });
});

describe('a rule', () => {
  const nothing =
    'rails.yaml:2: rules[0] limits nothing: give it min, max, maxStep, allowZero: false or protected';
  it.each([
    ['nothing but a name', [], nothing],
    ['only a place', ['namespaces: [shop]', 'allowZero: true'], nothing],
    [
      'a least count above the greatest',
      ['min: 3', 'max: 2'],
      'rails.yaml:4: rules[0].max is below the least count, which is 3',
    ],
    [
      'only 0, which it forbids',
      ['max: 0', 'allowZero: false'],
      'rails.yaml:3: rules[0].max is below the least count, which is 1',
    ],
    ['a fraction as a count', ['max: 1.5'], 'rails.yaml:3: rules[0].max must be integer'],
    [
      'a reason without an end',
      [`protected: ${'x'.repeat(257)}`],
      'rails.yaml:3: rules[0].protected must not have more than 256 characters',
    ],
  ])('is refused if it has %s', (_, fields, mistake) => {
    expect(inRule(...fields)).toEqual([mistake]);
  });

  it.each([
    '0',
    '-1',
    '1.5',
    '2147483648',
    '0%',
    '050%',
    '10001%',
    '50 %',
    '"50"',
    '-5%',
    '1.5%',
    '"%"',
    'true',
    '[1]',
  ])('is refused if its maxStep is %s', (step) => {
    expect(inRule(`maxStep: ${step}`)).toEqual([
      'rails.yaml:3: rules[0].maxStep is neither a count from 1 nor a percentage from 1% to 10000%',
    ]);
  });

  it('may allow nothing below its least count but 0, or exactly one count', () => {
    expect(inRule('min: 3', 'allowZero: true')).toEqual([]);
    expect(inRule('min: 3', 'max: 3')).toEqual([]);
    expect(inRule('max: 0')).toEqual([]);
    expect(inRule('allowZero: false')).toEqual([]);
  });
});
