import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Outcome, run } from './command.ts';

export const ROOT = resolve(import.meta.dirname, '../../..');

/** A program that uses a generated client, and the commands that build it. */
export interface ClientProgram {
  /** Its folder: `examples/go`. It is built in the folder of the same name in build/clients/. */
  readonly folder: string;
  /** What must be installed, for the error message. */
  readonly needs: string;
  /** Commands that print its version, and fail if it is not installed. */
  readonly versions: readonly string[];
  /** Commands that generate the client and compile the program, in its folder in build/clients/. */
  readonly build: readonly string[];
}

/** The limit for one command. The first run downloads and compiles the packages of a language. */
const BUILD_LIMIT_MS = 1_200_000;
const PROGRESS_INTERVAL_MS = 30_000;
/** Commands that download packages, and can be repeated in the same folder. Most of these tools give up at the first error. */
const DOWNLOADS = /^(npm ci|mvn|go|cargo)\b|\bpip install\b/;
const DOWNLOAD_ATTEMPTS = 3;

/**
 * Copies the program and openapi.yaml to build/clients/ and builds there. An earlier result of the same files and
 * versions is reused.
 * @throws if the language is not installed, or a command fails
 */
export async function build(program: ClientProgram): Promise<void> {
  const { folder, build: commands } = program;
  const from = join(ROOT, folder);
  const to = join(ROOT, 'build/clients', basename(folder));
  const stamp = join(to, '.built');
  const inputs = await fingerprint(from, program);
  if ((await readFile(stamp, 'utf8').catch(() => '')) === inputs) return;

  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  await cp(from, to, { recursive: true });
  await cp(join(ROOT, 'openapi.yaml'), join(to, 'openapi.yaml'));
  for (const command of commands) await step(command, to);
  await writeFile(stamp, inputs);
}

/** A hash of all inputs of the build. */
async function fingerprint(
  from: string,
  { needs, versions, build: commands }: ClientProgram,
): Promise<string> {
  const hash = createHash('sha256').update(commands.join('\n'));
  for (const command of versions) {
    const answer = await run(command.split(' '), { cwd: ROOT, limitMs: 60_000 }).catch(String);
    if (typeof answer === 'string' || answer.exitCode !== 0)
      throw new Error(`this needs ${needs}: "${command}" failed`);
    hash.update(answer.stdout + answer.stderr);
  }
  const files = await readdir(from, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  for (const path of [...paths.sort(), join(ROOT, 'openapi.yaml')])
    hash.update(path).update(await readFile(path));
  return hash.digest('hex');
}

/** Runs a command, and repeats it if it fails and downloads, because a registry may fail to answer now and then. */
async function step(command: string, cwd: string): Promise<void> {
  const attempts = DOWNLOADS.test(command) ? DOWNLOAD_ATTEMPTS : 1;
  for (let attempt = 1; ; attempt++) {
    const { exitCode, stdout, stderr } = await withProgress(command, cwd);
    if (exitCode === 0) return;
    const failure = `${command} failed in ${cwd}:\n${stdout}${stderr}`;
    if (attempt === attempts) throw new Error(failure);
    process.stderr.write(`attempt ${attempt} of ${attempts}: ${failure}\n`);
  }
}

/** Runs a command and prints it every 30 s, so that a long build does not look like a hang. */
async function withProgress(command: string, cwd: string): Promise<Outcome> {
  const started = Date.now();
  process.stderr.write(`${cwd}: ${command} ...\n`);
  const progress = setInterval(() => {
    process.stderr.write(`  ... ${Math.round((Date.now() - started) / 1000)} s: ${command}\n`);
  }, PROGRESS_INTERVAL_MS);
  try {
    return await run(command.split(' '), { cwd, limitMs: BUILD_LIMIT_MS });
  } finally {
    clearInterval(progress);
  }
}
