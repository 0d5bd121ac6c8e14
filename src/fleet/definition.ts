import { readFileSync } from 'node:fs';
import { YamlError, YamlFile } from '../lib/yaml-file.ts';

/**
 * What an operator has defined in a file or a variable is not valid, or the file cannot be read. Each mistake names the
 * line and the field, or the part of the variable.
 */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(mistakes.join('; '));
    this.mistakes = mistakes;
  }
}

/** The content of a definition in YAML. @throws DefinitionError */
export function yamlOf(path: string, text: string): YamlFile {
  try {
    return new YamlFile(path, text);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new DefinitionError(error.locatedIn(path));
  }
}

/** The content of a file; undefined: it cannot be read. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
