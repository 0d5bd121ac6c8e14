import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { type Image, imageIn, nodeVersionIn, startArgumentsIn } from './image.ts';

/** Ignored by git, and removed by make clean. */
export const BUILD_FOLDER = 'build/bench';

/** A program to run. */
export interface Program {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** What is measured: the service as the image and as npm start run it. */
export interface Programs {
  /** The Node of the image. */
  readonly node: string;
  readonly image: Program;
  readonly start: Program;
  /** The command line, compiled and from its sources. */
  readonly scaler: Readonly<Record<'image' | 'start', Program>>;
}

/** Compiles the service and gets the Node of the image. */
export function build(): Programs {
  const run = (command: string, ...parameters: string[]) =>
    execFileSync(command, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  rmSync(BUILD_FOLDER, { recursive: true, force: true });
  run('npm', 'run', '--silent', 'build', '--', '--dir', `${BUILD_FOLDER}/dist/src`);
  run('npm', 'run', '--silent', 'build:cli', '--', '--dir', `${BUILD_FOLDER}/dist/cli`);
  const version = nodeVersionIn(readFileSync('Makefile', 'utf8'));
  // The program itself instead of npm exec, so that its process is that of the server.
  const print = ['node', '-p', 'process.execPath'];
  const node = run('npm', 'exec', '--yes', `--package=node@${version}`, '--', ...print);
  const image: Image = imageIn(readFileSync('Dockerfile', 'utf8'));
  const start = startArgumentsIn(readFileSync('package.json', 'utf8'));
  return {
    node,
    image: { command: [node, ...image.arguments], env: image.env, cwd: BUILD_FOLDER },
    // npm runs the Node of the package `node`, as it did for this process.
    start: { command: [process.execPath, ...start], env: {}, cwd: '.' },
    scaler: {
      image: { command: [node, 'dist/cli/scaler.js'], env: {}, cwd: BUILD_FOLDER },
      start: { command: [process.execPath, 'src/cli/scaler.ts'], env: {}, cwd: '.' },
    },
  };
}
