/** One finding of TypeBox's validator, as far as the messages use it. */
export interface ValidationFinding {
  readonly keyword: string;
  /** JSON pointer to the value; empty for the query or the body itself. */
  readonly instancePath: string;
  readonly message?: string;
  readonly params?: {
    readonly requiredProperties?: readonly string[];
    readonly additionalProperties?: readonly string[];
  };
}

/**
 * Says in one sentence what is wrong with a query or a body, so that the caller can correct it.
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
  // A parameter of a query is a string, or an array of strings if it is given more than once.
  if (keyword === 'type' && message === 'must be string') return `${noun} ${name} is given more than once`;
  return `${noun} ${name} ${message}`;
}
