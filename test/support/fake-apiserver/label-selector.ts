import type { JsonObject } from './json.ts';
import { badRequest } from './status.ts';

/** Whether the labels of an object meet a selector. */
export type LabelTest = (labels: JsonObject) => boolean;

const WORD = '[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?';
const EXISTENCE = new RegExp(`^(!?)\\s*(${WORD})$`);
const EQUALITY = new RegExp(`^(${WORD})\\s*(==?|!=)\\s*((?:${WORD})?)$`);
const SET = new RegExp(`^(${WORD})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
/** A comma outside of parentheses. */
const SEPARATOR = /,(?![^(]*\))/;

/**
 * Reads the label selectors that people write. It is not the parser of the service, so that tests compare two of them.
 * @throws StatusError 400 for selectors that the API server refuses, and for those that this cluster does not know
 */
export function labelTest(selector: string): LabelTest {
  if (selector.trim() === '') return () => true;
  const tests = selector.split(SEPARATOR).map((requirement) => requirementTest(requirement.trim()));
  return (labels) => tests.every((test) => test(labels));
}

function requirementTest(requirement: string): LabelTest {
  const [, not, present] = EXISTENCE.exec(requirement) ?? [];
  if (present !== undefined) return (labels) => Object.hasOwn(labels, present) === (not === '');
  const [, equal, operator, value] = EQUALITY.exec(requirement) ?? [];
  if (equal !== undefined) return (labels) => (labels[equal] === value) === (operator !== '!=');
  const [, key, set, list] = SET.exec(requirement) ?? [];
  if (key === undefined || list === undefined)
    throw badRequest(`unable to parse requirement: the demo cluster does not know ${requirement}`);
  const values = list.split(',').map((each) => each.trim());
  return (labels) => values.some((each) => labels[key] === each) === (set === 'in');
}
