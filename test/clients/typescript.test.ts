import { testExample } from './helpers/test-example.ts';

testExample({
  language: 'ts',
  folder: 'typescript',
  source: 'example.ts',
  needs: 'Node 24 or newer with npm',
  versions: ['node --version', 'npm --version'],
  build: ['npm ci', 'npm run build'],
  run: 'node build/clients/typescript/example.ts',
});
