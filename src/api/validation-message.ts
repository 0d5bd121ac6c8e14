/** One finding of TypeBox's validator, as far as the messages use it. */
export interface ValidationFinding {
  readonly keyword: string;
  /** JSON pointer to the value; empty for the whole. */
  readonly instancePath: string;
  readonly message?: string;
  readonly params?: {
    readonly requiredProperties?: readonly string[];
    readonly additionalProperties?: readonly string[];
  };
}

/**
 * What is wrong with a query or a body, in one sentence a caller can act on.
 * @param noun what a property is called there, for example `query parameter`
 */
export function describeValidation(findings: readonly ValidationFinding[], noun: string): string {
  const sentences = findings.map((finding) => describe(finding, noun)).filter((sentence) => sentence !== '');
  return [...new Set(sentences)].join('; ');
}

function describe(
  { keyword, instancePath, message = 'is not valid', params }: ValidationFinding,
  noun: string,
): string {
  if (keyword === 'required') return `${noun} missing: ${params?.requiredProperties?.join(', ')}`;
  if (keyword === 'additionalProperties')
    return `unknown ${noun}: ${params?.additionalProperties?.join(', ')}`;
  // The findings inside an unknown property repeat what `additionalProperties` says.
  if (keyword === 'boolean') return '';
  if (instancePath === '') return 'send a JSON object, for example {"replicas": 3}';
  const name = instancePath.slice(1);
  if (keyword === 'pattern')
    return `${noun} ${name} is empty or not a valid name: see its pattern in openapi.yaml`;
  // A query holds strings only: what is none was given more than once.
  if (keyword === 'type' && message === 'must be string') return `${noun} ${name} is given more than once`;
  return `${noun} ${name} ${message}`;
}
