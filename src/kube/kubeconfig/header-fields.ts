import type { UserFields } from './kubeconfig-file.ts';

/** Header fields of a request by lower-case name; a field with several values is sent several times. */
export type HeaderFields = Readonly<Record<string, string | string[]>>;

/** The characters that a header name may contain (RFC 9110, section 5.6.2), without the percent sign. */
const NAME_CHARACTER = /[!#$&'*+\-.^_`|~0-9A-Za-z]/;

/** The headers by which one account acts as another: `as` and the fields that begin with `as-`. */
export function impersonationHeaders(user: UserFields): HeaderFields {
  if (user.as === undefined) return {};
  const groups = user['as-groups'] ?? [];
  const extra = Object.entries(user['as-user-extra'] ?? {}).map(
    ([key, values]) => [`impersonate-extra-${escaped(key)}`, values.map(headerValue)] as const,
  );
  return {
    'impersonate-user': headerValue(user.as),
    ...(user['as-uid'] === undefined ? {} : { 'impersonate-uid': headerValue(user['as-uid']) }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups.map(headerValue) }),
    ...Object.fromEntries(extra),
  };
}

/**
 * The text as undici takes it: one character per byte of its UTF-8, which is what the API server expects.
 * @throws Error if it has a control character, which a header cannot hold
 */
export function headerValue(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to refuse.
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) throw new Error('a header cannot hold a control character');
  return Buffer.from(text).toString('latin1');
}

/** A key of `as-user-extra` as a part of a header name: other bytes become %XX, as client-go writes them. */
function escaped(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return NAME_CHARACTER.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
