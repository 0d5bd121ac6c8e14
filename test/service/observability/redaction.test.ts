import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { TestClient } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

/** Part of every secret. */
const SECRET = 'hush-0815';
const BASE64 = Buffer.from(SECRET).toString('base64');
/** A key of the right form that is none. */
const PEM = `-----BEGIN PRIVATE KEY-----\n${BASE64}\n-----END PRIVATE KEY-----\n`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const TIMEOUT_MS = 120_000;

let demo: FakeApiServer;
let folder: string;
beforeAll(async () => {
  demo = await FakeApiServer.start();
  folder = await mkdtemp(join(tmpdir(), 'redaction-test-'));
});
afterAll(async () => {
  await demo.stop();
  await rm(folder, { recursive: true });
});

/** An exec plugin that runs this shell script. */
const plugin = (script: string) => ({
  exec: {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'sh',
    args: ['-c', script, SECRET],
    env: [{ name: 'PASSWORD', value: SECRET }],
    interactiveMode: 'Never',
  },
});

/** What an ExecCredential says, in a shell script. */
const credential = (fields: object, apiVersion = 'client.authentication.k8s.io/v1') =>
  `echo '${JSON.stringify({ apiVersion, kind: 'ExecCredential', ...fields })}'`;

/** Users of kubeconfigs that hold a secret: one that works as far as it can, and broken ones. */
const USERS: Record<string, object> = {
  token: { token: SECRET },
  'token-of-two-lines': { token: `${SECRET}\n${SECRET}` },
  'token-with-control-characters': { token: `${SECRET}\u0000` },
  'token-beyond-ascii': { token: `${SECRET}\u20ac` },
  'token-of-a-wrong-type': { token: { value: SECRET } },
  password: { username: 'admin', password: SECRET },
  'password-without-name': { password: SECRET },
  'unknown-field': { tokn: SECRET },
  'two-logins': { token: SECRET, username: 'admin', password: SECRET },
  'damaged-key': { 'client-certificate-data': base64(PEM), 'client-key-data': base64(PEM) },
  'key-without-base64': { 'client-certificate-data': SECRET, 'client-key-data': SECRET },
  'key-only': { 'client-key-data': base64(PEM) },
  'token-file-missing': { tokenFile: '/nonexistent/token', token: SECRET },
  'auth-provider': {
    'auth-provider': { name: 'oidc', config: { 'id-token': SECRET, 'client-secret': SECRET } },
  },
  'unknown-auth-provider': { 'auth-provider': { name: 'gcp', config: { 'access-token': SECRET } } },
  impersonation: { token: SECRET, as: 'somebody', 'as-user-extra': { secret: [SECRET] } },
  'exec-token': plugin(credential({ status: { token: SECRET } })),
  'exec-no-json': plugin(`echo 'token: ${SECRET}'`),
  'exec-broken-json': plugin(`echo '{"status": {"token": "${SECRET}'`),
  'exec-another-version': plugin(credential({ status: { token: SECRET } }, 'v0')),
  'exec-half-a-certificate': plugin(credential({ status: { clientKeyData: PEM } })),
  'exec-damaged-certificate': plugin(
    credential({ status: { clientKeyData: PEM, clientCertificateData: PEM } }),
  ),
  'exec-wrong-time': plugin(credential({ status: { token: SECRET, expirationTimestamp: SECRET } })),
  'exec-fails': plugin(`${credential({ status: { token: SECRET } })}; exit 3`),
  'exec-missing': { exec: { ...plugin('').exec, command: '/nonexistent/plugin' } },
};

/** The fields of clusters that hold a secret. */
const CLUSTERS: Record<string, object> = {
  proxy: { 'proxy-url': `http://admin:${SECRET}@127.0.0.1:1` },
  'proxy-of-a-wrong-kind': { 'proxy-url': `gopher://admin:${SECRET}@127.0.0.1:1` },
  'server-with-password': { server: `https://admin:${SECRET}@127.0.0.1:1` },
  'damaged-ca': { 'certificate-authority-data': base64(PEM) },
};

function kubeconfig(user: object, cluster: object = {}): string {
  const demoConfig = demo.kubeconfig;
  const line = (name: string) => new RegExp(`${name}: (.*)`).exec(demoConfig)?.[1];
  const fields = { server: line('server'), 'certificate-authority-data': line('certificate-authority-data') };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { ...fields, ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}

it(
  'the log, at its lowest level, holds nothing that a kubeconfig keeps secret, and no header or body of a request',
  async () => {
    const files: Record<string, string> = {
      ...Object.fromEntries(Object.entries(USERS).map(([name, user]) => [name, kubeconfig(user)])),
      ...Object.fromEntries(
        Object.entries(CLUSTERS).map(([name, cluster]) => [name, kubeconfig({ token: SECRET }, cluster)]),
      ),
      'no-yaml': `users:\n- name: a\n  user:\n    token: "${SECRET}\n`,
      'no-mapping': SECRET,
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    const clusters = Object.keys(files).map((name) => ({ name, context: join(folder, name) }));
    await writeFile(join(folder, 'clusters.yaml'), JSON.stringify({ clusters }));
    const server = await ServerProcess.start(demo.kubeconfig, {
      LOG_LEVEL: 'trace',
      KUBECONFIG: '',
      CLUSTERS_FILE: join(folder, 'clusters.yaml'),
    });
    const ca = server.authority.cert;
    const client = new TestClient(await server.port(), { ca, ...server.client });
    const headers = { authorization: `Bearer ${SECRET}`, cookie: `session=${SECRET}`, 'x-secret': SECRET };
    for (const name of Object.keys(files)) {
      await client.get(`/${name}/deployments?namespace=shop`, headers);
      await client.get(`/${name}/replica-count?namespace=shop&deployment=cart`, headers);
      await client.post(
        `/${name}/replica-count?namespace=shop&deployment=cart`,
        { replicas: SECRET },
        headers,
      );
      await client.post(`/${name}/replica-count?namespace=shop&deployment=cart`, { replicas: 1 }, headers);
      await client.post('/scale', { items: [SECRET] }, headers);
    }
    // No cluster can be used: each is named by its refusal or by its watch.
    const named = () =>
      new Set(
        server.output.split('\n').flatMap((line) => {
          if (!line.includes('"cluster":')) return [];
          const { cluster }: { cluster?: string } = JSON.parse(line);
          return cluster ?? [];
        }),
      );
    await until(() => named().size === clusters.length);
    await client.close();
    server.signal('SIGINT');
    await server.exited();
    const found = server.output.split('\n').filter((line) => {
      return line.includes(SECRET) || line.includes(BASE64) || line.includes(base64(PEM));
    });
    expect(found).toEqual([]);
    expect(server.output).not.toContain('PRIVATE KEY');
    expect(server.output.split('\n').length).toBeGreaterThan(clusters.length * 3);
  },
  TIMEOUT_MS,
);
