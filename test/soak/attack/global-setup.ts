import { execFileSync } from 'node:child_process';

/** Builds the files that the image runs. */
export default function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
