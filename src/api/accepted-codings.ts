/** A member of an Accept-Encoding header in lower case: a content coding or `*`, and its weight. */
const MEMBER = /^([!#$%&'*+.^_`|~0-9a-z-]+)([ \t]*;[ \t]*q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?))?$/;

/** The weight of content as it is if the header does not mention it: it may be sent, but any accepted coding is better. */
const UNMENTIONED = 0.0001;

/**
 * What an Accept-Encoding header allows (RFC 9110, section 12.5.3), the best first. `identity` is the content as it is:
 * also the only one without a header, and if the header allows nothing that is offered. Members that are not well-formed
 * are ignored.
 * @param offered codings, from the best for the service to the worst, which decides between equal weights
 */
export function acceptedCodings<T extends string>(
  header: string | undefined,
  offered: readonly T[],
): readonly [T | 'identity', ...(T | 'identity')[]] {
  if (header === undefined) return ['identity'];
  const weights = new Map<string, number>();
  for (const member of header.toLowerCase().split(',')) {
    const [, coding, , weight = '1'] = MEMBER.exec(member.trim()) ?? [];
    if (coding !== undefined) weights.set(coding === 'x-gzip' ? 'gzip' : coding, Number(weight));
  }
  const others = weights.get('*');
  const weightOf = (coding: string) =>
    weights.get(coding) ?? others ?? (coding === 'identity' ? UNMENTIONED : 0);
  const [best = 'identity', ...more] = [...offered, 'identity' as const]
    .filter((coding) => weightOf(coding) > 0)
    .sort((a, b) => weightOf(b) - weightOf(a));
  return [best, ...more];
}
