import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { KubeCredentialsError } from '../../../../src/kube/kube-errors.ts';
import { CredentialSource } from '../../../../src/kube/kubeconfig/credentials.ts';
import { apiServerOf, kubeConfigLoader, pinnedTo } from '../../../../src/kube/kubeconfig/kubeconfig.ts';
import { configLoader, folder } from '../../../support/kube/clients.ts';

const server = 'https://api.example.com:6443';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** A kubeconfig as JSON, which is YAML. */
function kubeconfig(name: string, user: object, currentContext: string | undefined = name): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: `https://${name}.example.com/base/` } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': currentContext,
  });
}

const read = (path: string) => new CredentialSource(kubeConfigLoader({ kubeconfig: path })).get();

describe('credentials during a read', () => {
  it('come from a single kubeconfig, even if a reload happens during the read', async () => {
    const path = folder().write('config', kubeconfig('one', { token: '1' }));
    const source = new CredentialSource(kubeConfigLoader({ kubeconfig: path }));
    const first = source.get();
    await null;
    writeFileSync(path, kubeconfig('two', { token: '2' }));
    source.reload();
    const second = source.get();
    expect(await first).toMatchObject({
      origin: 'https://one.example.com',
      headers: { authorization: 'Bearer 1' },
    });
    expect(await second).toMatchObject({
      origin: 'https://two.example.com',
      headers: { authorization: 'Bearer 2' },
    });
  });
});

describe('a kubeconfig that now points to another API server', () => {
  it('is refused', () => {
    const path = folder().write('config', kubeconfig('one', { token: '1' }));
    const plain = kubeConfigLoader({ kubeconfig: path });
    const server = apiServerOf(plain());
    if (server === undefined) throw new Error('no server');
    const load = pinnedTo(server, plain);
    expect(load().user.token).toBe('1');
    writeFileSync(path, kubeconfig('one', { token: 'rotated' }));
    expect(load().user.token).toBe('rotated');
    writeFileSync(path, kubeconfig('two', { token: '2' }));
    expect(load).toThrow('points to another API server');
  });
});

describe('a kubeconfig', () => {
  it('defines the address of the API server and the credentials', async () => {
    const path = folder().write('config', kubeconfig('one', { token: 'secret' }));
    expect(await read(path)).toMatchObject({
      origin: 'https://one.example.com',
      basePath: '/base',
      proxyUrl: undefined,
      headers: { authorization: 'Bearer secret' },
    });
  });

  it('may consist of several files, and the first file that names a current context wins', async () => {
    const files = folder();
    const one = files.write('one', kubeconfig('one', { token: '1' }));
    const two = files.write('two', kubeconfig('two', { token: '2' }));
    const none = files.write('none', '{"apiVersion":"v1","kind":"Config"}');
    expect(await read(`${one}:${two}`)).toMatchObject({ origin: 'https://one.example.com' });
    expect(await read(`${none}:${two}:${one}`)).toMatchObject({ origin: 'https://two.example.com' });
  });

  it.each([
    ['does not exist', () => '/nowhere/kubeconfig'],
    ['is not YAML', () => folder().write('config', '{"clusters": [')],
    ['has no current context', () => folder().write('config', kubeconfig('one', {}, ''))],
    [
      'has a current context that does not exist',
      () => folder().write('config', kubeconfig('one', {}, 'two')),
    ],
    [
      'names a file that does not exist',
      () => folder().write('config', kubeconfig('one', { 'client-key': 'none' })),
    ],
    [
      'names a plugin that fails',
      () => folder().write('config', kubeconfig('one', { exec: { apiVersion: 'v1', command: 'false' } })),
    ],
  ])('that %s causes a credentials error', async (_, path) => {
    await expect(read(path())).rejects.toThrow(KubeCredentialsError);
  });
});

describe('the service account of a pod', () => {
  it.each([
    ['10.96.0.1', '443', 'https://10.96.0.1'],
    ['10.96.0.1', '8080', 'https://10.96.0.1:8080'],
    ['fd00::1', '6443', 'https://[fd00::1]:6443'],
  ])('leads to the API server at %s, port %s', (host, port, server) => {
    vi.stubEnv('KUBERNETES_SERVICE_HOST', host);
    vi.stubEnv('KUBERNETES_SERVICE_PORT', port);
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    expect(kubeConfigLoader({ kubeconfig: undefined })()).toEqual({
      cluster: { server, 'certificate-authority': `${folder}/ca.crt` },
      user: { tokenFile: `${folder}/token` },
      proxyUrl: undefined,
    });
  });
});

describe('credentials', () => {
  /** Counts how often the kubeconfig is loaded. */
  function counted() {
    const load = vi.fn(configLoader({ server }, { token: 'secret' }));
    return { load, source: new CredentialSource(load) };
  }

  it('are read once for all requests within 10 s', async () => {
    vi.useFakeTimers();
    const { source } = counted();
    const first = source.get();
    vi.advanceTimersByTime(10_000);
    expect(source.get()).toBe(first);
    vi.advanceTimersByTime(1);
    expect(source.get()).not.toBe(first);
    await first;
  });

  it('are loaded from their source again only after a reload', async () => {
    vi.useFakeTimers();
    const { load, source } = counted();
    await source.get();
    vi.advanceTimersByTime(60_000);
    await source.get();
    expect(load).toHaveBeenCalledOnce();
    source.reload();
    await source.get();
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('that could not be read are read again for the next request', async () => {
    const { load, source } = counted();
    load.mockImplementationOnce(() => {
      throw new Error('the disk is away');
    });
    await expect(source.get()).rejects.toThrow('the disk is away');
    expect(await source.get()).toMatchObject({ headers: { authorization: 'Bearer secret' } });
  });

  it.each(['', '\n'])('cannot be read while the token file contains %j', async (content) => {
    const files = folder();
    const tokenFile = files.write('token', content);
    const user = { tokenFile };
    const source = new CredentialSource(configLoader({ server }, user));
    await expect(source.get()).rejects.toThrow('the token is empty');
    files.write('token', 'secret\n');
    expect(await source.get()).toMatchObject({ headers: { authorization: 'Bearer secret' } });
  });
});
