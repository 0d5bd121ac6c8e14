/** A finding of the TypeBox validator, with the parts that the messages use. */
export interface ValidationFinding {
  readonly keyword: string;
  /** JSON pointer to the value; empty: the query or the body itself. */
  readonly instancePath: string;
  readonly message?: string;
  readonly params?: {
    readonly requiredProperties?: readonly string[];
    readonly additionalProperties?: readonly string[];
  };
}

/** Longer than any message about a body that a client would send by mistake. */
const MAX_CHARACTERS = 1_024;

/** A message that may contain names of a body, which have any length. */
export function shortened(message: string): string {
  return message.length > MAX_CHARACTERS ? `${message.slice(0, MAX_CHARACTERS - 3)}...` : message;
}

/**
 * Describes what is wrong with a query or a body, so that the caller can correct it.
 * @param noun the word for a property
 * @param shape what to send instead of a body of another type
 */
export function describeValidation(
  findings: readonly ValidationFinding[],
  noun: 'query parameter' | 'path parameter' | 'field',
  shape = 'send a JSON object, for example {"replicas": 3}',
): string {
  const sentences = findings
    .map((finding) => describe(finding, noun, shape))
    .filter((sentence) => sentence !== '');
  return shortened([...new Set(sentences)].join('; '));
}

function describe(
  { keyword, instancePath, message = 'is not valid', params }: ValidationFinding,
  noun: string,
  shape: string,
): string {
  const named = (names: readonly string[] = []) =>
    names.map((name) => `${instancePath}/${name}`.slice(1)).join(', ');
  if (keyword === 'required') return `${noun} missing: ${named(params?.requiredProperties)}`;
  if (keyword === 'additionalProperties') return `unknown ${noun}: ${named(params?.additionalProperties)}`;
  // The findings inside an unknown property repeat what `additionalProperties` says.
  if (keyword === 'boolean') return '';
  if (instancePath === '') return shape;
  const name = instancePath.slice(1);
  // A query parameter that is given more than once is an array of strings.
  if (noun !== 'field' && keyword === 'type' && message === 'must be string')
    return `${noun} ${name} is given more than once`;
  return `${noun} ${name} ${message}`;
}
