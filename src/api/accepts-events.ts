/** From the least specific. */
const RANGES = ['*/*', 'text/*', 'text/event-stream'];
const WEIGHT = /^q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * Whether an Accept header allows text/event-stream (RFC 9110, section 12.5.1): the most specific range that includes it
 * decides. Without a header anything is allowed. Parameters other than the weight are ignored.
 */
export function acceptsEvents(header: string | undefined): boolean {
  if (header === undefined) return true;
  let best = -1;
  let isAllowed = false;
  for (const range of header.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const specificity = RANGES.indexOf(type);
    if (specificity <= best) continue;
    best = specificity;
    const weights = parameters.map((parameter) => WEIGHT.exec(parameter)?.[1]);
    isAllowed = !weights.some((weight) => weight !== undefined && Number(weight) === 0);
  }
  return isAllowed;
}
