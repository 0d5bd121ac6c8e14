import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';

/** `npm run build` writes the files of the page here; in the sources this is the folder of its TypeScript. */
const FOLDER = new URL('../page/', import.meta.url);
/** The folder of lit-html for browsers: Node resolves the package to a form for servers, in a folder below it. */
const litHtml = () => new URL('../', import.meta.resolve('lit-html'));

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** What a module imports or exports from, as Biome and the packages write it. Text that looks similar has no part in it. */
const SPECIFIER = /(?<=(?:^|;)(?:import ?|(?:import|export)\b[^"'`;=()]*\bfrom ?))(["'])([^"'\n]+)\1/gm;

export interface PageFile {
  readonly content: Buffer;
  readonly type: string;
}

/**
 * The files of the page by their paths: `index.html`, `page.css`, `main.js` and each module that it imports. Built ones
 * are read as they are. In the sources the types are stripped here.
 */
export function pageFiles(): Map<string, PageFile> {
  return existsSync(new URL('main.js', FOLDER)) ? builtFiles() : strippedFiles();
}

function builtFiles(): Map<string, PageFile> {
  const paths = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) => extname(path));
  return new Map(paths.map((path) => [path, fileOf(path, readFileSync(new URL(path, FOLDER), 'utf8'))]));
}

function strippedFiles(): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const path of ['index.html', 'page.css', 'icon.svg']) {
    files.set(path, fileOf(path, readFileSync(new URL(path, FOLDER), 'utf8')));
  }
  const modules = [new URL('main.ts', FOLDER)];
  for (const module of modules) {
    const path = pathOf(module);
    if (files.has(path)) continue;
    const source = readFileSync(module, 'utf8');
    const code = extname(module.pathname) === '.ts' ? stripTypeScriptTypes(source) : source;
    const linked = code.replaceAll(SPECIFIER, (_match, quote: string, specifier: string) => {
      const imported = resolve(specifier, module);
      modules.push(imported);
      return `${quote}${relativePath(path, pathOf(imported))}${quote}`;
    });
    files.set(path, fileOf(path, linked.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')));
  }
  return files;
}

/** The file that a module of the page imports. */
function resolve(specifier: string, importer: URL): URL {
  if (specifier.startsWith('.')) return new URL(specifier, importer);
  if (specifier === 'lit-html') return new URL('lit-html.js', litHtml());
  if (specifier.startsWith('lit-html/')) return new URL(specifier.slice('lit-html/'.length), litHtml());
  throw new Error(`the page imports ${specifier}, which is not served: see src/api/page-files.ts`);
}

/** The path at which a file is served, below that of the page. */
function pathOf({ href }: URL): string {
  const script = href.replace(/\.ts$/, '.js');
  if (script.startsWith(FOLDER.href)) return script.slice(FOLDER.href.length);
  const client = new URL('../client/', FOLDER).href;
  if (script.startsWith(client)) return `client/${script.slice(client.length)}`;
  return `lit-html/${script.slice(litHtml().href.length)}`;
}

/** The specifier of one module in another. */
function relativePath(from: string, to: string): string {
  const up = '../'.repeat(from.split('/').length - 1);
  return `${up || './'}${to}`;
}

function fileOf(path: string, text: string): PageFile {
  return { content: Buffer.from(text), type: TYPES[extname(path)] ?? 'application/octet-stream' };
}
