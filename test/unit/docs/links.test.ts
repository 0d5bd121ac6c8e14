import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, brokenLinks, linksOf, proseOf, ROOT } from '../../support/docs/markdown-links.ts';

/** Folders with files of others, and files that are made of others. */
const EXCLUDE = ['**/node_modules/**', 'build/**', 'dist/**', 'coverage/**', 'certs/**'];
const documents = globSync(['**/*.md', '.github/**/*.md'], { cwd: ROOT, exclude: EXCLUDE });
/** Whatever may name a document to a reader: comments, messages, help, notes of the chart, templates of the forge. */
const sources = globSync(
  [
    '{src,routes,plugins,hack,mcp,charts,examples,test}/**/*.{ts,js,mjs,sh,yaml,yml,json,txt,tpl,go,py,java,css,html}',
    '.github/**/*.{yml,yaml}',
    '*.{yaml,yml,ts,json}',
    'Makefile',
    'Dockerfile',
  ],
  { cwd: ROOT, exclude: EXCLUDE },
).filter((name) => !name.endsWith('package-lock.json'));
const read = (name: string) => readFileSync(resolve(ROOT, name), 'utf8');

describe('the check of links', () => {
  /** Where the texts below would stand. */
  const where = 'docs/how-to/page.md';
  const fine = `# One

[a](rails.md) [b](rails.md "title")
## Twice
## Twice
### The \`code\` of [it](rails.md)
`;

  it.each<[string, string]>([
    ['a file that is missing', '[a](nope.md)'],
    ['a link with a title', '[a](nope.md "The title")'],
    ['a link in angle brackets', '[a](<no pe.md>)'],
    ['a link over two lines', '[a\nb](\n  nope.md)'],
    ['a picture', '![a](../images/nope.png)'],
    ['a badge: the picture in a link', '[![a](../images/nope.svg)](https://example.com)'],
    ['a badge: the link around a picture', '[![a](../images/page.png)](nope.md)'],
    ['the definition of a reference', '[a][b]\n\n[b]: nope.md'],
    ['a reference that is not defined', '[a][nope]'],
    ['the src of HTML', '<img width="5" src="../images/nope.png">'],
    ['the href of HTML', '<a href="nope.md">a</a>'],
    ['a link in a list that is indented', '- a\n  - b\n    [c](nope.md)'],
    ['a heading of this page', '[a](#nope)'],
    ['a heading of another page', '[a](rails.md#nope)'],
    ['the third of two headings with one text', `${fine}[a](#twice-2)`],
    ['a heading in a code block', '```\n# Nope\n```\n[a](#nope)'],
    ['the anchor of a file without headings', '[a](../images/page.png#nope)'],
    ['a file outside the repository', '[a](../../../../etc/hosts)'],
    ['a path that begins with a slash', '[a](/etc/hosts)'],
    ['a file that a clone does not have', '[a](../../node_modules/vitest/README.md)'],
    ['a scheme that is misspelt', '[a](htps://example.com)'],
    ['an empty link', '[a]()'],
  ])('sees %s', (_kind, text) => {
    expect(brokenLinks(text, where)).toHaveLength(1);
  });

  it.each<[string, string]>([
    ['other pages, pictures and headings', `${fine}[a](#one) [a](#twice-1) [a](#the-code-of-it)`],
    ['a path from the folder of the repository', '[a](/docs/README.md)'],
    ['references', '[a][B] [b][]\n\n[b]: rails.md "Rails"'],
    ['HTML', '<a id="here"></a><img src="../images/page.png">[a](#here)'],
    ['the web', '[a](https://example.com/x#y) [a](mailto:a@example.com)'],
    ['code', '`[a](nope.md)` ``[a](nope.md)``\n\n```md\n[a](nope.md)\n```'],
    ['an underlined heading', 'Old style\n=========\n\n[a](#old-style)'],
  ])('accepts %s', (_kind, text) => {
    expect(brokenLinks(text, where)).toEqual([]);
  });
});

it('finds the documents and the sources', () => {
  const expected = ['README.md', 'docs/README.md', 'charts/k8s-deployment-scaler/README.md'];
  expect(documents).toEqual(expect.arrayContaining(expected));
  const notes = 'charts/k8s-deployment-scaler/templates/NOTES.txt';
  expect(sources).toEqual(expect.arrayContaining(['src/app.ts', notes, 'hack/test-env.sh', 'openapi.yaml']));
});

it.each(documents)('every link in %s leads to a file and a heading', (document) => {
  expect(brokenLinks(read(document), document)).toEqual([]);
});

it('the indexes lead to every page of docs/', () => {
  const linked = ['docs/README.md', 'docs/decisions/README.md'].flatMap((index) =>
    linksOf(read(index)).links.map((link) => resolve(ROOT, dirname(index), link.replace(/#.*/, ''))),
  );
  const pages = documents
    .filter((name) => name.startsWith('docs/') && name !== 'docs/README.md')
    .map((name) => resolve(ROOT, name));
  expect(pages.filter((page) => !linked.includes(page))).toEqual([]);
});

it('every picture in docs/images is shown by a document', () => {
  const shown = documents.flatMap((document) =>
    linksOf(read(document)).links.map((link) => resolve(ROOT, dirname(document), link)),
  );
  const pictures = globSync('docs/images/*', { cwd: ROOT }).map((name) => resolve(ROOT, name));
  expect(pictures.filter((picture) => !shown.includes(picture))).toEqual([]);
});

it.each(documents)('every path that the prose of %s names exists', (document) => {
  const text = proseOf(read(document)).replace(/\]\([^)]*\)|https?:\S+/g, '');
  const paths =
    text.match(/(?<![\w./<{-])(?:src|plugins|routes|test|hack|charts|docs|examples)\/[\w./-]*\w/g) ?? [];
  const exists = (path: string) =>
    [ROOT, resolve(ROOT, dirname(document))].some((folder) => existsSync(resolve(folder, path)));
  expect(paths.filter((path) => !exists(path))).toEqual([]);
});

it('every document that a source, a message or a note of the chart names exists, with its heading', () => {
  const broken = sources.flatMap((source) =>
    // By its path in the repository, or at the end of a URL of the forge.
    [...read(source).matchAll(/(?<![\w<{$-])docs\/(?:[\w./-]+\.md|images\/[\w.-]+)(?:#([\w-]+))?/g)].flatMap(
      ([named, anchor]) => {
        const file = named.replace(/#.*/, '');
        if (!existsSync(resolve(ROOT, file))) return [`${source}: ${named}: the file does not exist`];
        if (anchor === undefined || anchorsOf(read(file)).has(anchor)) return [];
        return [`${source}: ${named}: the file has no such heading`];
      },
    ),
  );
  expect(broken).toEqual([]);
});
