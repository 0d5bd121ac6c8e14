import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { KubeClient } from '../../../../src/kube/client/kube-client.ts';
import { CredentialSource } from '../../../../src/kube/kubeconfig/credentials.ts';
import { type KubeconfigSource, kubeConfigLoader } from '../../../../src/kube/kubeconfig/kubeconfig.ts';
import { CertificateAuthority } from '../../../support/issue-certificate.ts';
import { ApiServer } from '../../../support/kube/api-server.ts';
import { base64, folder, track } from '../../../support/kube/clients.ts';
import { ConnectProxy } from '../../../support/kube/proxies.ts';

const SERVER = 'https://one.example.com';

/** A kubeconfig with two clusters, users and contexts, as JSON, which is also YAML. */
function kubeconfig(cluster: object = {}, user: object = { token: 'first' }): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'one', cluster: { server: SERVER, ...cluster } },
      { name: 'two', cluster: { server: 'https://two.example.com' } },
    ],
    users: [
      { name: 'one', user },
      { name: 'two', user: { token: 'second' } },
    ],
    contexts: [
      { name: 'first', context: { cluster: 'one', user: 'one' } },
      { name: 'second', context: { cluster: 'two', user: 'two' } },
    ],
    'current-context': 'first',
  });
}

const read = (source: KubeconfigSource) => new CredentialSource(kubeConfigLoader(source)).get();
const file = (cluster: object = {}, user?: object) => folder().write('config', kubeconfig(cluster, user));

describe('the context of a kubeconfig', () => {
  it('is the current one if none is named', async () => {
    expect(await read({ kubeconfig: file() })).toMatchObject({ origin: SERVER });
  });

  it('is the named one, with its cluster and its user', async () => {
    expect(await read({ kubeconfig: file(), contextName: 'second' })).toMatchObject({
      origin: 'https://two.example.com',
      headers: { authorization: 'Bearer second' },
    });
  });

  it('must exist, and the error for a missing one names the existing contexts', async () => {
    await expect(read({ kubeconfig: file(), contextName: 'third' })).rejects.toThrow(
      'the kubeconfig has no context third: it has first, second',
    );
  });
});

describe('a malformed kubeconfig', () => {
  it.each([
    ['an open quote', 'users:\n- name: a\n  user:\n    token: "TOP-SECRET\n', 5],
    ['a superfluous colon', 'users:\n- name: a\n  user:\n    token: TOP-SECRET: x\n', 4],
    ['a broken indentation', 'users:\n- name: a\n  user:\n    token: TOP-SECRET\n   x\n', 5],
  ])('is refused with the line number, but without its content: %s', async (_, text, line) => {
    const path = folder().write('config', text);
    const message = `no credentials for the API server: ${path} is not a kubeconfig: see line ${line}`;
    await expect(read({ kubeconfig: path })).rejects.toMatchObject({ message });
  });
});

describe('the auth-provider', () => {
  it.each(['gcp', 'azure'])('%s is refused, and its command is not run', async (name) => {
    const files = folder();
    const mark = files.write('mark', 'untouched');
    const config = {
      'cmd-path': 'sh',
      'cmd-args': `-c "echo run > ${mark}"`,
      'token-key': '',
      'expiry-key': '',
    };
    const path = files.write('config', kubeconfig({}, { 'auth-provider': { name, config } }));
    await expect(read({ kubeconfig: path })).rejects.toThrow(
      'users[0].user.auth-provider is not supported, only oidc is: use the exec plugin that replaced it',
    );
    expect(readFileSync(mark, 'utf8')).toBe('untouched');
    expect(await read({ kubeconfig: path, contextName: 'second' })).toMatchObject({
      origin: 'https://two.example.com',
    });
  });
});

describe('insecure-skip-tls-verify', () => {
  const insecure = { 'insecure-skip-tls-verify': true };

  it('is refused, and the message says how to fix it', async () => {
    await expect(read({ kubeconfig: file(insecure) })).rejects.toThrow(
      'clusters[0].cluster.insecure-skip-tls-verify disables TLS verification: add certificate-authority-data instead, or set ALLOW_INSECURE_TLS=true',
    );
  });

  it('takes effect if it is allowed', async () => {
    const { tls } = await read({ kubeconfig: file(insecure), allowInsecureTls: true });
    expect(tls.rejectUnauthorized).toBe(false);
  });

  it('does not prevent the use of another context of the file', async () => {
    const { origin } = await read({ kubeconfig: file(insecure), contextName: 'second' });
    expect(origin).toBe('https://two.example.com');
  });
});

describe('http://', () => {
  it.each(['http://localhost:8001', 'http://127.0.0.2', 'http://[::1]:8001'])(
    'is allowed for this machine: %s',
    async (server) => {
      const { origin, headers } = await read({ kubeconfig: file({ server }) });
      expect(origin).toBe(new URL(server).origin);
      expect(headers).toEqual({});
    },
  );

  it.each(['http://10.0.0.1:8001', 'http://localhost.example.com', 'http://127.0.0.1.example.com'])(
    'is refused for another machine, and the message says how to allow it: %s',
    async (server) => {
      await expect(read({ kubeconfig: file({ server }) })).rejects.toThrow(
        'clusters[0].cluster.server is not encrypted and not on this machine: use https://, or set ALLOW_INSECURE_TLS=true',
      );
      const { origin, headers } = await read({ kubeconfig: file({ server }), allowInsecureTls: true });
      expect(origin).toBe(new URL(server).origin);
      expect(headers).toEqual({});
    },
  );
});

describe('a kubeconfig with a mistake', () => {
  it.each([
    ['users[0].user.tokn is not a known field', {}, { tokn: 'TOP-SECRET' }],
    ['users[0].user.token must be string', {}, { token: 1 }],
    ['users[0].user.as-groups needs as, the user to impersonate', {}, { token: 't', 'as-groups': ['g'] }],
    ['users[0].user.exec has no command', {}, { exec: { apiVersion: 'v1' } }],
    [
      'users[0].user.exec.apiVersion is not client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1',
      {},
      { exec: { command: 'x' } },
    ],
    [
      'users[0].user.exec.interactiveMode must be Never or IfAvailable: nobody can answer here',
      {},
      { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'x', interactiveMode: 'Always' } },
    ],
    ['users[0].user.client-key-data is not base64', {}, { 'client-key-data': 'TOP-SECRET!' }],
    ['users[0].user has no credentials, such as token, client-certificate or exec', {}, {}],
    ['clusters[0].cluster has no server', { server: '' }, undefined],
    ['clusters[0].cluster.server is not a URL that begins with https://', { server: 'one:6443' }, undefined],
    [
      'clusters[0].cluster.server holds a user: move it to users, as username and password',
      { server: 'https://me:TOP-SECRET@one' },
      undefined,
    ],
    [
      'clusters[0].cluster.proxy-url is not a URL that begins with http://, https:// or socks5://',
      { 'proxy-url': 'me:TOP-SECRET@proxy' },
      undefined,
    ],
  ])('names file, line and field, but no secret: %s', async (mistake, cluster, user) => {
    const kubeconfig = file(cluster, user);
    const error = await read({ kubeconfig }).catch((caught: Error) => caught);
    expect(error).toMatchObject({
      message: `no credentials for the API server: ${kubeconfig}:1: ${mistake}`,
    });
  });

  it('names the file of the CA if that holds no certificate', async () => {
    const ca = folder().write('ca.crt', 'garbage');
    await expect(read({ kubeconfig: file({ 'certificate-authority': ca }) })).rejects.toThrow(
      `${ca} holds no certificate`,
    );
  });

  it('names the variable of a proxy that is none', async () => {
    vi.stubEnv('HTTPS_PROXY', 'ftp://proxy');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    await expect(read({ kubeconfig: file() })).rejects.toThrow(
      'HTTPS_PROXY is not the address of a proxy: it must begin with http://, https:// or socks5://',
    );
  });
});

describe('a token file', () => {
  it('is found relative to the kubeconfig, and takes precedence over a token', async () => {
    const files = folder();
    files.write('token', 'from the file\n');
    const path = files.write('config', kubeconfig({}, { token: 'stale', tokenFile: 'token' }));
    expect(await read({ kubeconfig: path })).toMatchObject({
      headers: { authorization: 'Bearer from the file' },
    });
  });

  it('is read again after a reload', async () => {
    const files = folder();
    files.write('token', 'old');
    const path = files.write('config', kubeconfig({}, { tokenFile: 'token' }));
    const source = new CredentialSource(kubeConfigLoader({ kubeconfig: path }));
    await source.get();
    files.write('token', 'new');
    source.reload();
    expect(await source.get()).toMatchObject({ headers: { authorization: 'Bearer new' } });
  });
});

describe('an exec plugin', () => {
  const exec = (command: string, output: object) => ({
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      interactiveMode: 'Never',
      command,
      args: [
        JSON.stringify({
          apiVersion: 'client.authentication.k8s.io/v1',
          kind: 'ExecCredential',
          status: output,
        }),
      ],
    },
  });

  it('may provide a client certificate', async () => {
    const authority = await CertificateAuthority.create({ commonName: 'CA' });
    const { cert, key } = await authority.issue({ commonName: 'scaler', usages: ['clientAuth'] });
    const output = { clientCertificateData: cert, clientKeyData: key };
    const { tls, headers } = await read({ kubeconfig: file({}, exec('echo', output)) });
    expect(new X509Certificate(String(tls.cert)).subject).toBe('CN=scaler');
    expect(String(tls.key).trim()).toBe(key.trim());
    expect(headers.authorization).toBeUndefined();
  });
});

/** The version that a client with this kubeconfig gets from the API server. */
async function versionBy(kubeconfigPath: string): Promise<unknown> {
  const client = track(new KubeClient(kubeConfigLoader({ kubeconfig: kubeconfigPath }), 2));
  return await client.call({ path: '/version', deadlineMs: 60_000 });
}

describe('tls-server-name', () => {
  it('is the name that the certificate of the API server must have', async () => {
    const authority = await CertificateAuthority.create({ commonName: 'CA' });
    const server = (await ApiServer.start(authority)).origin.replace('127.0.0.1', 'localhost');
    const cluster = { server, 'certificate-authority-data': base64(authority.cert) };
    await expect(versionBy(file(cluster))).rejects.toThrow(/altnames/);
    expect(await versionBy(file({ ...cluster, 'tls-server-name': 'kubernetes.default' }))).toEqual({});
  });
});

describe('proxy-url', () => {
  it('is the proxy of all connections to the API server', async () => {
    const authority = await CertificateAuthority.create({ commonName: 'CA' });
    const server = await ApiServer.start(authority);
    const proxy = await ConnectProxy.start(server.port);
    const cluster = {
      // Only the proxy can resolve this name.
      server: 'https://kubernetes.default',
      'certificate-authority-data': base64(authority.cert),
      'proxy-url': proxy.origin,
    };
    expect(await versionBy(file(cluster))).toEqual({});
    expect(proxy.asked).toEqual(['kubernetes.default:443']);
  });
});
