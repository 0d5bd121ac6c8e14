import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { imageIn, startArgumentsIn } from '../../../hack/bench/image.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { TestClient } from '../../support/test-client.ts';

/** Inside the project, so that Node finds the packages. */
const COMPILED = 'node_modules/.cache/built-page';
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));

let demo: FakeApiServer;
beforeAll(async () => {
  demo = await FakeApiServer.start();
});
afterAll(async () => {
  await demo.stop();
  rmSync(COMPILED, { recursive: true, force: true });
});

/** All files of the page by their paths, as a process serves them, and what the process printed to make them. */
async function served(command: readonly string[]): Promise<{ files: Map<string, unknown>; output: string }> {
  const server = await ServerProcess.start(demo.kubeconfig, { LOG_LEVEL: 'info' }, {}, command);
  const { cert, key } = server.client;
  const client = new TestClient(await server.port(), { ca: server.authority.cert, cert, key });
  onTestFinished(() => client.close());
  const files = new Map<string, unknown>();
  const urls = [new URL('https://localhost/')];
  for (const url of urls) {
    const { status, body } = await client.get(url.pathname);
    expect({ url: url.pathname, status }).toEqual({ url: url.pathname, status: 200 });
    files.set(url.pathname, body);
    for (const [, reference = ''] of String(body).matchAll(
      /(?:\bfrom ?|^import ?|src=|href=)["'](\.?[^"'#]+\.\w+)["']/gm,
    )) {
      const found = new URL(reference, url);
      if (!urls.some(({ href }) => href === found.href)) urls.push(found);
    }
  }
  return { files, output: server.output };
}

it('npm start serves the page from the sources and prints no warning', async () => {
  const { files, output } = await served(startArgumentsIn(readFileSync('package.json', 'utf8')));
  expect([...files.keys()]).toEqual(expect.arrayContaining(['/docs/page/main.js', '/docs/page/page.css']));
  expect(output).not.toMatch(/warning/i);
});

it('the compiled service serves the same page, from files that npm run build has made', async () => {
  const [tool, ...options]: string[] = scripts.build.replace('dist/', `${COMPILED}/dist/`).split(' ');
  await promisify(execFile)(`node_modules/.bin/${tool}`, options);
  const [, ...page]: string[] = scripts.postbuild.split(' ');
  const program = resolve(page.pop() ?? '');
  await promisify(execFile)(process.execPath, [...page, program], { cwd: COMPILED });
  const { arguments: parameters } = imageIn(readFileSync('Dockerfile', 'utf8'));
  const compiled = await served(parameters.map((word) => word.replace(/^dist\//, `${COMPILED}/dist/`)));
  const { files } = await served(startArgumentsIn(readFileSync('package.json', 'utf8')));
  expect(Object.fromEntries(compiled.files)).toEqual(Object.fromEntries(files));
});
