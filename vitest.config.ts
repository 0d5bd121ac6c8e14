import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** These only end a failed test: no test should fail because the machine is busy. */
const PATIENT = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } } };

/**
 * Projects, from the quickest to the slowest. `unit` opens no socket and starts no process; `service` talks to the
 * service, and the service to a fake API server, over sockets, and walks of faults and generated requests whose seed is
 * fixed are a part of it; `chart` renders the chart with helm; `integration` starts a real etcd and kube-apiserver,
 * `browser` a Chromium, `clients` needs the languages of examples/ and `clients-more` others; `attack` builds the
 * service and needs the machine for itself.
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
          include: ['test/unit/**/*.test.ts'],
          setupFiles: ['test/support/no-sockets-no-processes.ts'],
          // Files of a worker share their modules, which have no state: otherwise each file loads them again.
          isolate: false,
          ...PATIENT,
        },
      },
      {
        test: {
          name: 'service',
          include: ['test/service/**/*.test.ts', 'test/soak/{chaos,fuzz}/*.test.ts'],
          ...PATIENT,
        },
      },
      {
        test: {
          name: 'chart',
          include: ['test/chart/**/*.test.ts'],
          ...PATIENT,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/integration/global-setup.ts'],
          ...PATIENT,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/global-setup.ts'],
          ...PATIENT,
        },
      },
      {
        test: {
          name: 'clients',
          include: ['test/clients/**/*.test.ts'],
          ...PATIENT,
          // The first time, a hook downloads the packages of a language; each of its commands has a limit of its own.
          hookTimeout: 1_800_000,
        },
      },
      {
        test: {
          name: 'clients-more',
          include: ['test/clients-more/*.test.ts'],
          ...PATIENT,
          hookTimeout: 3_600_000,
        },
      },
      {
        test: {
          name: 'soak',
          include: ['test/soak/soak/*.test.ts'],
          globalSetup: ['test/soak/attack/global-setup.ts'],
        },
      },
      {
        test: {
          name: 'attack',
          include: ['test/soak/attack/*.test.ts'],
          globalSetup: ['test/soak/attack/global-setup.ts'],
        },
      },
    ],
  },
});
