import { defineConfig } from 'vitest/config';

/** `make e2e`: apart from the other tests, as it needs a cluster and leaves its mark on it while it runs. */
export default defineConfig({
  test: {
    name: 'e2e',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: ['global-setup.ts'],
    // Each file installs the chart for itself; side by side they would only slow each other down.
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 240_000,
    reporters: process.env.VITEST_JSON
      ? ['default', ['json', { outputFile: process.env.VITEST_JSON }]]
      : ['default'],
  },
});
