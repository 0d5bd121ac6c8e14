import { SelectorError } from '../cluster-errors.ts';
import { type Labels, labelOf } from './labels.ts';

/** One condition of a selector. A selector matches if all its conditions hold. */
interface Requirement {
  readonly key: string;
  /** @param value the value of the key; undefined: there is no such label */
  readonly admits: (value: string | undefined) => boolean;
}

/**
 * A label selector, read as the API server reads the query parameter `labelSelector` (k8s.io/apimachinery/pkg/labels):
 * it accepts the same texts, and matches the same labels. The empty selector matches everything.
 */
export class LabelSelector {
  /** As it was given. */
  readonly text: string;
  readonly #requirements: readonly Requirement[];

  private constructor(text: string, requirements: readonly Requirement[]) {
    this.text = text;
    this.#requirements = requirements;
  }

  /** @throws SelectorError */
  static parse(text: string): LabelSelector {
    return new LabelSelector(text, new SelectorParser(text).parse());
  }

  /** Whether it has no conditions, and therefore matches everything. */
  get isEmpty(): boolean {
    return this.#requirements.length === 0;
  }

  matches(labels: Labels): boolean {
    return this.#requirements.every(({ key, admits }) => admits(labelOf(labels, key)));
  }
}

/** A symbol, or a word: a key, a value, `in` or `notin`. */
interface Token {
  /** Empty: the end of the text. */
  readonly text: string;
  /** Where it starts. */
  readonly at: number;
}

/**
 * White space, then a symbol or a word. The API server regards NUL as the end of the text, but takes one that directly
 * follows a token for its end only.
 */
const TOKEN = /([ \t\r\n]*)(==|!=|[=!(),<>]|[^\0=!(),<> \t\r\n]+)\0?/gy;
const SYMBOL = /^[=!(),<>]/;

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME = 63;
const MAX_SUBDOMAIN = 253;
const NAME_RULE =
  'at most 63 letters, digits, "-", "_" and ".", of which the first and the last is a letter or digit';
const KEY_RULE = `a label key: ${NAME_RULE}, which may follow a DNS subdomain and "/"`;
const VALUE_RULE = `a label value: empty, or ${NAME_RULE}`;
/** Of a signed integer of 64 bits, with which the API server compares. */
const MAX_INTEGER = 2n ** 63n - 1n;
const INTEGER_RULE = `an integer from 0 to ${MAX_INTEGER}`;

class SelectorParser {
  readonly #text: string;
  readonly #tokens: Iterator<RegExpExecArray>;
  #next: Token;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = text.matchAll(TOKEN);
    this.#next = this.#read();
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    if (this.#next.text === '') return requirements;
    do requirements.push(this.#requirement());
    while (this.#skips(','));
    if (this.#next.text !== '') this.#fail('expected "," or the end');
    return requirements;
  }

  #requirement(): Requirement {
    if (this.#skips('!')) return { key: this.#key(), admits: (value) => value === undefined };
    const key = this.#key();
    switch (this.#next.text) {
      case '':
      case ',':
        return { key, admits: (value) => value !== undefined };
      case '=':
      case '==': {
        this.#take();
        const wanted = this.#value();
        return { key, admits: (value) => value === wanted };
      }
      case '!=': {
        this.#take();
        const unwanted = this.#value();
        return { key, admits: (value) => value !== unwanted };
      }
      case 'in': {
        this.#take();
        const wanted = this.#values();
        return { key, admits: (value) => value !== undefined && wanted.has(value) };
      }
      case 'notin': {
        this.#take();
        const unwanted = this.#values();
        return { key, admits: (value) => value === undefined || !unwanted.has(value) };
      }
      // A value that is missing or no integer is neither greater nor less.
      case '>': {
        this.#take();
        const limit = this.#integer();
        return { key, admits: (value) => (integerOf(value) ?? limit) > limit };
      }
      case '<': {
        this.#take();
        const limit = this.#integer();
        return { key, admits: (value) => (integerOf(value) ?? limit) < limit };
      }
      default:
        return this.#fail('expected "=", "==", "!=", "in", "notin", ">", "<", "," or the end');
    }
  }

  #key(): string {
    const { text } = this.#next;
    if (!isWord(text)) this.#fail('expected a label key');
    if (!isLabelKey(text)) this.#fail(`expected ${KEY_RULE},`);
    return this.#take();
  }

  /** A value, which may be missing: it is empty then. */
  #value(): string {
    const { text } = this.#next;
    if (!isWord(text)) return '';
    if (!isLabelValue(text)) this.#fail(`expected ${VALUE_RULE},`);
    return this.#take();
  }

  /** `(a,b)`: at least one value. */
  #values(): ReadonlySet<string> {
    if (!this.#skips('(')) this.#fail('expected "("');
    const values = new Set<string>();
    do values.add(this.#value());
    while (this.#skips(','));
    if (!this.#skips(')')) this.#fail('expected "," or ")"');
    return values;
  }

  #integer(): bigint {
    const integer = isLabelValue(this.#next.text) ? integerOf(this.#next.text) : undefined;
    if (integer === undefined) return this.#fail(`expected ${INTEGER_RULE},`);
    this.#take();
    return integer;
  }

  /** Goes past this symbol, if it is the next token. */
  #skips(symbol: string): boolean {
    const isNext = this.#next.text === symbol;
    if (isNext) this.#take();
    return isNext;
  }

  /** Goes past the next token, and returns it. */
  #take(): string {
    const { text } = this.#next;
    this.#next = this.#read();
    return text;
  }

  #read(): Token {
    const { done, value } = this.#tokens.next();
    if (done === true) return { text: '', at: this.#text.length };
    const [, space = '', text = ''] = value;
    return { text, at: value.index + space.length };
  }

  /** @throws SelectorError always, for the next token */
  #fail(problem: string): never {
    // Everything before it has been accepted, so it is ASCII, and code units are characters.
    throw new SelectorError(problem, this.#next.at + 1);
  }
}

function isWord(text: string): boolean {
  return text !== '' && !SYMBOL.test(text);
}

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  const prefix = key.slice(0, Math.max(0, slash));
  const name = key.slice(slash + 1);
  if (slash !== -1 && (prefix.length > MAX_SUBDOMAIN || !SUBDOMAIN.test(prefix))) return false;
  return name.length <= MAX_NAME && NAME.test(name);
}

function isLabelValue(value: string): boolean {
  return value === '' || (value.length <= MAX_NAME && NAME.test(value));
}

/** The integer that a label value is; undefined: it is none, or too large. A label value has no sign. */
function integerOf(value: string | undefined): bigint | undefined {
  if (value === undefined || !/^\d+$/.test(value)) return undefined;
  const integer = BigInt(value);
  return integer <= MAX_INTEGER ? integer : undefined;
}
