import { defineConfig } from 'vitest/config';

/** `make e2e` is separate from the other tests because it needs a cluster and changes it. */
export default defineConfig({
  test: {
    name: 'e2e',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: ['global-setup.ts'],
    // Each file installs its own release. In parallel the files would only slow each other down.
    fileParallelism: false,
    // Longer than all the limits in one test together, which say better what did not happen.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // Tests that run at a time wait for pods, and compute little.
    maxConcurrency: 10,
    reporters: process.env.VITEST_JSON
      ? ['default', ['json', { outputFile: process.env.VITEST_JSON }]]
      : ['default'],
  },
});
