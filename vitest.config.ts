import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Projects: `unit` needs nothing but Node and openssl, `integration` starts a real etcd and kube-apiserver, `browser` a
 * Chromium, `clients` needs the languages of examples/, `attack` builds the service and has the machine for itself.
 */
export default defineConfig({
  test: {
    // The tests wait more than they compute: on two cores three files at a time take half as long as Vitest's one.
    maxWorkers: Math.max(3, availableParallelism()),
    reporters: process.env.VITEST_JSON
      ? ['default', ['json', { outputFile: process.env.VITEST_JSON }]]
      : ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['integration', 'browser', 'clients', 'attack', 'e2e'].map(
            (folder) => `test/${folder}/**`,
          ),
          // Some start processes, and none should fail because the machine is busy.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/integration/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'clients',
          include: ['test/clients/**/*.test.ts'],
          testTimeout: 120_000,
          // The first time, a hook downloads the packages of a language; each of its commands has a limit of its own.
          hookTimeout: 1_800_000,
        },
      },
      {
        test: {
          name: 'attack',
          include: ['test/attack/**/*.test.ts'],
          globalSetup: ['test/attack/global-setup.ts'],
        },
      },
    ],
  },
});
