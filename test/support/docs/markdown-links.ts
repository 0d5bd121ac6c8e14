import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

/** The folder of the repository. */
export const ROOT = resolve(import.meta.dirname, '../../..');

/** Folders that a clone does not have. */
const UNTRACKED = /^(node_modules|build|dist|coverage|certs)(\/|$)/;

/** The text without code: neither fenced blocks nor, in inline code, the signs of links. */
function withoutCode(text: string): string {
  return text
    .replace(/^( *)(```+|~~~+)[^\n]*\n.*?^ *\2[^\n]*$/gms, '')
    .replace(/(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, (code) => code.replace(/[[\]()<>]/g, ''));
}

/** The text without code, in which brackets are not links and words are not commands. */
export function proseOf(text: string): string {
  return withoutCode(text).replace(/^ {4}.*$/gm, '');
}

/** The destinations of all links and images: inline, by reference and of HTML; and references that lead nowhere. */
export function linksOf(text: string): { readonly links: string[]; readonly undefined: string[] } {
  const prose = withoutCode(text).replace(/<!--.*?-->/gs, '');
  const defined = new Map(
    [...prose.matchAll(/^ {0,3}\[([^\]^]+)\]:\s*<?([^\s>]+)>?/gm)].map(([, name = '', to = '']) => [
      name.toLowerCase(),
      to,
    ]),
  );
  const inline = [...prose.matchAll(/\]\(\s*(?:<([^>\n]*)>|([^\s()]*(?:\([^\s()]*\)[^\s()]*)*))[^)]*\)/g)];
  const html = [
    ...prose.matchAll(/<(?:a|img|source|link|video)\b[^>]*?\b(?:href|src|srcset)\s*=\s*["']?([^"'\s>]*)/gi),
  ];
  const named = [...prose.matchAll(/\[([^[\]]+)\]\[([^[\]]*)\]/g)].map(([, words = '', name = '']) =>
    (name === '' ? words : name).toLowerCase(),
  );
  return {
    links: [
      ...inline.map(([, bracketed, bare = '']) => bracketed ?? bare),
      ...html.map(([, to = '']) => to),
      ...defined.values(),
    ],
    undefined: named.filter((name) => !defined.has(name)),
  };
}

/** The anchors that GitHub makes for the headings of a document, and those that it sets itself. */
export function anchorsOf(text: string): Set<string> {
  const prose = withoutCode(text);
  const headings = [
    ...prose.matchAll(/^ {0,3}#{1,6} +(.+?)(?: +#+)?$/gm),
    ...prose.matchAll(/^ {0,3}(\S.*)\n {0,3}(?:=+|--+) *$/gm),
  ].sort((a, b) => a.index - b.index);
  const anchors = new Set<string>();
  for (const [, heading = ''] of headings) {
    const anchor = heading
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/<[^>]*>/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    // GitHub numbers headings with the same text.
    let unique = anchor;
    for (let number = 1; anchors.has(unique); number += 1) unique = `${anchor}-${number}`;
    anchors.add(unique);
  }
  for (const [, id = ''] of prose.matchAll(/<\w+\b[^>]*?\b(?:id|name)\s*=\s*["']?([^"'\s>]+)/gi))
    anchors.add(id);
  return anchors;
}

/**
 * What is wrong with the links of a document: of relative ones that the file or the heading is not in the repository, of
 * others that they name no scheme of the web. Pages of the web are not fetched.
 * @param text of the document @param path of the document in the repository
 */
export function brokenLinks(text: string, path: string): string[] {
  const found = linksOf(text);
  return [
    ...found.undefined.map((name) => `[${name}]: the document does not define this reference`),
    ...found.links.flatMap((link) => faultOf(link, text, path) ?? []),
  ];
}

/** What is wrong with one link; undefined: it resolves. */
export function faultOf(link: string, text: string, path: string): string | undefined {
  if (link === '' || link === '#') return `"${link}": the link is empty`;
  if (/^[a-z][a-z0-9+.-]*:/i.test(link) || link.startsWith('//'))
    return /^(https?:\/\/[\w.[\]-]+|mailto:\S+@)/.test(link)
      ? undefined
      : `${link}: neither http, https nor a file`;
  const [address = '', anchor] = link.split('#', 2);
  const name = decodeURIComponent(address.replace(/\?.*/, ''));
  // With a slash in front, GitHub starts at the folder of the repository.
  const target = name.startsWith('/') ? resolve(ROOT, `.${name}`) : resolve(ROOT, dirname(path), name);
  const own = name === '' ? resolve(ROOT, path) : target;
  const place = relative(ROOT, own);
  if (place.startsWith('..') || UNTRACKED.test(place)) return `${link}: outside the repository`;
  if (name !== '' && !existsSync(own)) return `${link}: the file does not exist`;
  if (anchor === undefined) return undefined;
  const content = name === '' ? text : own.endsWith('.md') ? readFileSync(own, 'utf8') : '';
  return anchorsOf(content).has(anchor) ? undefined : `${link}: the file has no such heading`;
}
