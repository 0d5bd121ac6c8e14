import { parseJson } from '../json.ts';

/**
 * Members that nothing here reads, up to the first byte of their value: the template of the pods, and which of its
 * fields, of the metadata and of the status somebody manages. They are half of a Deployment.
 */
const UNREAD_MEMBERS = ['"template":{', '"f:template":{', '"f:metadata":{', '"f:status":{'].map((start) =>
  Buffer.from(start),
);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
const ARRAY = 0x5b;
const ARRAY_END = 0x5d;

/**
 * Parses an answer of the API server, with null for the members that nothing here reads. To skip a member takes a
 * quarter of the time that parsing takes, and leaves no garbage.
 * @throws KubeMalformedError
 */
export function parseAnswer(json: Buffer): unknown {
  const pieces: string[] = [];
  let end = 0;
  const found = UNREAD_MEMBERS.map((member) => ({ member, at: nextValue(json, member, 0) }));
  for (;;) {
    const start = found.reduce((least, { at }) => Math.min(least, at), json.length);
    pieces.push(json.toString('utf8', end, start));
    if (start === json.length) return parseJson(pieces.join('null'));
    end = endOfValue(json, start);
    for (const each of found) if (each.at < end) each.at = nextValue(json, each.member, end);
  }
}

/** Where the next value of a member starts; the end of the JSON if there is none. */
function nextValue(json: Buffer, member: Buffer, from: number): number {
  for (let at = json.indexOf(member, from); at !== -1; at = json.indexOf(member, at + 1)) {
    // After a backslash its first quote belongs to a longer key. JSON with spaces, which no API server sends, is parsed
    // whole.
    if (json[at - 1] !== BACKSLASH) return at + member.length - 1;
  }
  return json.length;
}

/** The end of an object or array. If it has none the end of the JSON, which then cannot be parsed. */
function endOfValue(json: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) {
      for (at += 1; json[at] !== QUOTE && at < json.length; at += 1) if (json[at] === BACKSLASH) at += 1;
    } else if (byte === OBJECT || byte === ARRAY) depth += 1;
    else if (byte === OBJECT_END || byte === ARRAY_END) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return json.length;
}
