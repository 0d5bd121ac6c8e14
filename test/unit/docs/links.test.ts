import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const PATTERNS = ['*.md', '.github/**/*.md', 'charts/**/*.md', 'docs/**/*.md', 'examples/*.md'];
const documents = globSync(PATTERNS, { cwd: ROOT });

/** The text without code, in which brackets are not links. */
function proseOf(file: string): string {
  return readFileSync(file, 'utf8')
    .replace(/^```.*?^```$/gms, '')
    .replace(/^ {4}.*$/gm, '')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));
}

/** The anchors that GitHub gives the headings of a document. */
function anchorsOf(file: string): Set<string> {
  const headings = [...proseOf(file).matchAll(/^#+ (.+)$/gm)];
  const anchors = headings.map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set(anchors);
}

/** What is wrong with a link from this document; undefined if it resolves. */
function faultOf(link: string, from: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : resolve(dirname(from), path);
  if (!existsSync(target)) return `${link}: the file does not exist`;
  if (anchor === undefined || anchorsOf(target).has(anchor)) return undefined;
  return `${link}: the file has no such heading`;
}

it('finds the documents', () => {
  const expected = ['README.md', 'docs/README.md', 'charts/k8s-deployment-scaler/README.md'];
  expect(documents).toEqual(expect.arrayContaining(expected));
});

it.each(documents)('every relative link in %s leads to a file and a heading', (document) => {
  const file = resolve(ROOT, document);
  const links = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const relative = links.filter((link) => !/^[a-z]+:/.test(link));
  expect(relative.flatMap((link) => faultOf(link, file) ?? [])).toEqual([]);
});

it('the index of docs/ leads to every page', () => {
  const index = ['docs/README.md', 'docs/decisions/README.md'].map((name) => ({
    folder: dirname(resolve(ROOT, name)),
    text: readFileSync(resolve(ROOT, name), 'utf8'),
  }));
  const linked = index.flatMap(({ folder, text }) =>
    [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, link = '']) => resolve(folder, link)),
  );
  const pages = documents
    .filter((name) => name.startsWith('docs/') && name !== 'docs/README.md')
    .map((name) => resolve(ROOT, name));
  expect(pages.filter((page) => !linked.includes(page))).toEqual([]);
});

it.each(documents)('every path that the prose of %s names exists', (document) => {
  const file = resolve(ROOT, document);
  const text = proseOf(file).replace(/\]\([^)]*\)|https?:\S+/g, '');
  const paths =
    text.match(/(?<![\w./<{-])(?:src|plugins|routes|test|hack|charts|docs|examples)\/[\w./-]*\w/g) ?? [];
  const exists = (path: string) => [ROOT, dirname(file)].some((folder) => existsSync(resolve(folder, path)));
  expect(paths.filter((path) => !exists(path))).toEqual([]);
});
