import { LIMITS, type Variables } from './config-schema.ts';

/** `MAX_CONNECTIONS` -> `maxConnections` */
type CamelCase<Name extends string> = Name extends `${infer Word}_${infer Rest}`
  ? `${Lowercase<Word>}${Capitalize<CamelCase<Rest>>}`
  : Lowercase<Name>;

/** The limits as configured: the variables of LIMITS, with their names in camel case. */
export type ConfiguredLimits = { readonly [Name in keyof typeof LIMITS as CamelCase<Name>]: number };

/** The limits that apply on this machine. `limitsOn` derives them from the configured ones. */
export interface Limits extends Omit<ConfiguredLimits, 'maxHeapMib'> {
  /** Memory of the process, native memory included, beyond which requests are refused; 0: no limit. */
  readonly maxMemoryBytes: number;
}

/** Picks the limits from the variables. */
export function limitsOf(variables: Variables): ConfiguredLimits;
// TypeScript does not follow computed names, so the signature above states what the code below does.
export function limitsOf(variables: Variables): Record<string, number> {
  const limits = Object.entries(variables).filter(([name]) => name in LIMITS);
  return Object.freeze(Object.fromEntries(limits.map(([name, value]) => [camelCase(name), Number(value)])));
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
