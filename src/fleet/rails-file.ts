import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { SelectorError } from '../cluster/cluster-errors.ts';
import { LabelSelector } from '../cluster/labels/label-selector.ts';
import type { RailRule, Step } from '../cluster/rails/rule.ts';
import { LABEL } from '../lib/dns-label.ts';
import { MAX_COUNT } from '../lib/max-count.ts';
import { type Field, fieldName, type Mistake } from '../lib/yaml-file.ts';
import { DefinitionError, textOf, yamlOf } from './definition.ts';

const MAX_PERCENT = 10_000;
/** Every write looks at all rules. */
const MAX_RULES = 1_000;

const Names = Type.Optional(Type.Array(Type.String({ pattern: `^${LABEL}$` })));
const Count = Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_COUNT }));
const File = Type.Object(
  { rules: Type.Array(Type.Unknown(), { maxItems: MAX_RULES }) },
  { additionalProperties: false },
);
const Rule = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9 ._-]{1,63}$' }),
    clusters: Names,
    namespaces: Names,
    labelSelector: Type.Optional(Type.String()),
    min: Count,
    max: Count,
    maxStep: Type.Optional(Type.Unknown()),
    allowZero: Type.Optional(Type.Boolean()),
    protected: Type.Optional(Type.String({ pattern: '\\S', maxLength: 256 })),
  },
  { additionalProperties: false },
);

/** What a value is not, if it has not the pattern that its field needs. */
const PATTERNS: Readonly<Record<string, string>> = {
  name: 'is not 1 to 63 letters, digits, spaces, ".", "_" and "-"',
  clusters: 'is not a DNS label',
  namespaces: 'is not a DNS label',
  protected: 'does not give a reason',
};

/**
 * Reads the rails file.
 * @throws DefinitionError
 */
export function readRails(path: string): RailRule[] {
  return parseRails(path, textOf(path));
}

/**
 * Parses a rails file: `rules: [{name, clusters, namespaces, labelSelector, min, max, maxStep, allowZero, protected}]`.
 * A rule needs a name, and at least one of the last five fields.
 * @param text undefined: the file cannot be read
 * @throws DefinitionError with all mistakes
 */
export function parseRails(path: string, text: string | undefined): RailRule[] {
  if (text === undefined) throw new DefinitionError([`RAILS_FILE names a file that cannot be read: ${path}`]);
  const file = yamlOf(path, text);
  const wrong = file.mistakes(File, file.content).map(described);
  if (wrong.length > 0) throw new DefinitionError(wrong);
  const mistakes: string[] = [];
  const names = new Set<string>();
  const rules = Value.Parse(File, file.content).rules.flatMap((value, index) => {
    const base = ['rules', index];
    const invalid = file.mistakes(Rule, value, base);
    mistakes.push(...invalid.map(described));
    if (invalid.length > 0) return [];
    const rule = Value.Parse(Rule, value);
    const mistake = (field: Field, meaning: string) =>
      mistakes.push(`${file.at([...base, ...field])}: ${fieldName([...base, ...field])} ${meaning}`);
    if (names.has(rule.name)) mistake(['name'], `${rule.name} is already the name of another rule`);
    names.add(rule.name);
    return [railRuleOf(rule, mistake)];
  });
  if (mistakes.length > 0) throw new DefinitionError(mistakes);
  return rules;
}

function described({ at, field, keyword, meaning }: Mistake): string {
  const [, , name = ''] = field;
  return `${at}: ${fieldName(field)} ${(keyword === 'pattern' && PATTERNS[name]) || meaning}`;
}

/** @param mistake is told what the schema cannot say: the field in the rule, and what is wrong with it */
function railRuleOf(rule: Static<typeof Rule>, mistake: (field: Field, meaning: string) => void): RailRule {
  const { name, clusters = [], namespaces = [], min, max, allowZero } = rule;
  const maxStep = stepOf(rule.maxStep);
  if (maxStep === undefined && rule.maxStep !== undefined)
    mistake(['maxStep'], `is neither a count from 1 nor a percentage from 1% to ${MAX_PERCENT}%`);
  const least = Math.max(min ?? 0, allowZero === false ? 1 : 0);
  if (max !== undefined && max < least) mistake(['max'], `is below the least count, which is ${least}`);
  const limits = [min, max, rule.maxStep, rule.protected, allowZero === false ? allowZero : undefined];
  if (limits.every((limit) => limit === undefined))
    mistake([], 'limits nothing: give it min, max, maxStep, allowZero: false or protected');
  let selector: LabelSelector | undefined;
  try {
    selector = LabelSelector.parse(rule.labelSelector ?? '');
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    mistake(['labelSelector'], `is not a label selector: ${error.message}`);
  }
  return {
    name,
    clusters,
    namespaces,
    selector: selector?.isEmpty ? undefined : selector,
    min,
    max,
    maxStep,
    allowZero,
    // A block of text in YAML has line breaks, and the reason becomes a part of one line.
    protected: rule.protected?.trim().replace(/\s+/g, ' '),
  };
}

/** @returns undefined if it is not a step */
function stepOf(value: unknown): Step | undefined {
  const [, digits] = (typeof value === 'string' && /^([1-9]\d{0,4})%$/.exec(value)) || [];
  if (digits !== undefined) return Number(digits) <= MAX_PERCENT ? { percent: Number(digits) } : undefined;
  return Value.Check(Type.Integer({ minimum: 1, maximum: MAX_COUNT }), value)
    ? { replicas: value }
    : undefined;
}
