import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complete } from '../../../../src/cli/connect/complete.ts';
import { type Profile, saveProfile } from '../../../../src/cli/connect/profiles.ts';
import type { CliContext } from '../../../../src/cli/context.ts';
import { createProgram } from '../../../../src/cli/program.ts';
import { ClientFolder } from '../../../support/cli/client-folder.ts';
import { FakeApiServer } from '../../../support/fake-apiserver/fake-apiserver.ts';
import { freePorts } from '../../../support/free-ports.ts';
import { TestService } from '../../../support/service.ts';

let demo: FakeApiServer;
let service: TestService;

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY });
  const kubeconfig = { east: demo.kubeconfig, west: demo.kubeconfig };
  service = await (await TestService.start({ kubeconfig })).synced();
});
afterAll(async () => {
  await service.stop();
  await demo.stop();
});

/** A user whose profile `mine` leads to this port. */
async function user(port = service.port, change: Partial<Profile> = {}) {
  const folder = await ClientFolder.make();
  const env = { HOME: folder.path };
  const files = await folder.credentials(service.client, service.authority.cert);
  await saveProfile(env, 'mine', { ...files, server: `https://localhost:${port}`, ...change });
  const context: CliContext = {
    env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    isTerminal: false,
    colours: false,
    columns: undefined,
    name: 'scaler',
    flags: { output: 'table', color: false },
    outputClosed: new AbortController().signal,
    signal: new AbortController().signal,
    connect: () => Promise.reject(new Error('unused')),
    exitWith: () => undefined,
  };
  const program = createProgram(context);
  return async (...words: readonly string[]) =>
    (await complete(program, words, context, PATIENT)).map(({ value }) => value);
}

/** For a machine that stands still for seconds. */
const PATIENT = 60_000;

describe('completion', () => {
  it('knows commands, options and their values', async () => {
    const completed = await user();
    expect(await completed('li')).toEqual(['list', 'limits']);
    expect(await completed('')).not.toContain('__complete');
    expect(await completed('set', '--dr')).toEqual(['--dry-run']);
    expect(await completed('list', '--clus')).toEqual(['--cluster']);
    expect(await completed('list', '-o', '')).toEqual(['table', 'json', 'name']);
    expect(await completed('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await completed('config', 'us')).toEqual(['use']);
    expect(await completed('--namespace=shop', 'li')).toEqual(['list', 'limits']);
  });

  it('leaves files and free text to the shell', async () => {
    const completed = await user();
    expect(await completed('list', '--ca', '')).toEqual([]);
    expect(await completed('restore', '')).toEqual([]);
    expect(await completed('config', 'use', 'mine', '')).toEqual([]);
  });

  it('knows profiles', async () => {
    const completed = await user();
    expect(await completed('config', 'use', '')).toEqual(['mine']);
    expect(await completed('--profile', '')).toEqual(['mine']);
  });

  it('asks the service for clusters and namespaces', async () => {
    const completed = await user();
    expect(await completed('list', '--cluster', 'w')).toEqual(['west']);
    expect(await completed('list', '-n', 's')).toEqual(['shop']);
  });

  it('asks the service for Deployments, step by step', async () => {
    const completed = await user();
    expect(await completed('get', 'sh')).toEqual(['shop/']);
    expect(await completed('get', 'we')).toEqual(['west/']);
    expect(await completed('get', 'shop/c')).toEqual(['shop/cart', 'shop/catalog', 'shop/checkout']);
    expect(await completed('get', 'west/sh')).toEqual(['west/shop/']);
    expect(await completed('get', 'west/shop/cat')).toEqual(['west/shop/catalog']);
    expect(await completed('get', '-n', 'shop', 'cat')).toEqual(['catalog']);
    expect(await completed('get', 'shop/cart', 'shop/cat')).toEqual(['shop/catalog']);
  });

  it('is empty if the service cannot be reached, a file is missing, or the word is nonsense', async () => {
    const [port] = await freePorts(1);
    expect(await (await user(port))('get', '')).toEqual([]);
    expect(await (await user(service.port, { cert: '/nothing' }))('get', '')).toEqual([]);
    const completed = await user();
    expect(await completed('get', '-n', '%', 'x')).toEqual([]);
    expect(await completed('get', '--nonsense', 'a/b/c/d')).toEqual([]);
    expect(await completed()).toContain('list');
  });
});
