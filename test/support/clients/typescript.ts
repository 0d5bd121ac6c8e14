import type { RunnableProgram } from './test-example.ts';

/** The only example whose language every developer has installed. The end-to-end tests run it too. */
export const typescriptExample: RunnableProgram = {
  title: 'TypeScript',
  folder: 'examples/typescript',
  source: 'example.ts',
  needs: 'Node 24 or newer with npm',
  versions: ['node --version', 'npm --version'],
  build: ['npm ci', 'npm run build'],
  run: 'node build/clients/typescript/example.ts',
};
