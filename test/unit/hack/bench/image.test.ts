import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { imageIn, nodeVersionIn, startArgumentsIn } from '../../../../hack/bench/image.ts';

const DOCKERFILE = `ARG BUILD=node:26
FROM $BUILD AS build
ENV IGNORED=1
ENTRYPOINT ["sh"]

FROM $RUNTIME
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072
ENV NODE_ENV=production PATH=/usr/bin
ENTRYPOINT ["node", "--max-semi-space-size=4", "dist/src/server.js"]
`;

test('the image gives the flags and variables of its last stage, without PATH', () => {
  expect(imageIn(DOCKERFILE)).toEqual({
    arguments: ['--max-semi-space-size=4', 'dist/src/server.js'],
    env: { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072', NODE_ENV: 'production' },
  });
});

test('an image that does not run node directly is refused', () => {
  expect(() => imageIn(DOCKERFILE.replaceAll('"node"', '"tini"'))).toThrow('does not run node');
});

test('the real Dockerfile, Makefile and package.json can be read', () => {
  const { arguments: parameters, env } = imageIn(readFileSync('Dockerfile', 'utf8'));
  expect(parameters.at(-1)).toBe('dist/src/server.js');
  expect(env.NODE_ENV).toBe('production');
  expect(nodeVersionIn(readFileSync('Makefile', 'utf8'))).toMatch(/^\d+\.\d+\.\d+$/);
  expect(startArgumentsIn(readFileSync('package.json', 'utf8')).at(-1)).toBe('src/server.ts');
});
