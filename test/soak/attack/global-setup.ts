import { execFileSync } from 'node:child_process';

/** Builds what the image would run. */
export default function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
