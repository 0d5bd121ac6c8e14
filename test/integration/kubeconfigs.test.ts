import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { KubeClient } from '../../src/kube/client/kube-client.ts';
import { kubeConfigLoader } from '../../src/kube/kubeconfig/kubeconfig.ts';
import { CertificateAuthority, type IssuedCertificate } from '../support/issue-certificate.ts';
import { ApiServer, type Received } from '../support/kube/api-server.ts';
import { base64 } from '../support/kube/clients.ts';
import { ConnectProxy, SocksProxy } from '../support/kube/proxies.ts';
import { type Case, jwt, type World } from '../support/kubeconfig-cases/case.ts';
import { generatedCases } from '../support/kubeconfig-cases/generated.ts';
import { HANDWRITTEN } from '../support/kubeconfig-cases/handwritten.ts';
import { type KubectlRun, kubectl } from '../support/kubeconfig-cases/kubectl.ts';

const CASES: readonly Case[] = [...HANDWRITTEN, ...generatedCases(40)];
const PATH = '/version';

let binaries: string;
let authority: CertificateAuthority;
let otherCa: string;
let alice: IssuedCertificate;
let bob: IssuedCertificate;
let proxyCertificate: IssuedCertificate;

beforeAll(async () => {
  const { stdout } = await promisify(execFile)('hack/test-env.sh');
  binaries = stdout.trim();
  authority = await CertificateAuthority.create({ commonName: 'API server CA' });
  otherCa = (await CertificateAuthority.create({ commonName: 'another CA' })).cert;
  alice = await authority.issue({ commonName: 'alice', usages: ['clientAuth'] });
  bob = await authority.issue({ commonName: 'bob', usages: ['clientAuth'] });
  proxyCertificate = await authority.issue({
    commonName: 'proxy',
    sans: ['127.0.0.1'],
    usages: ['serverAuth'],
  });
});

afterEach(() => vi.unstubAllEnvs());

/** The API servers and proxies of one test, and what they have seen. */
class Scene {
  readonly world: World;
  readonly #servers: readonly ApiServer[];
  readonly #proxies: readonly ConnectProxy[];
  readonly #socks: SocksProxy;

  private constructor(
    [secure, plain]: readonly [ApiServer, ApiServer],
    [proxy, secureProxy]: readonly [ConnectProxy, ConnectProxy],
    socks: SocksProxy,
    folder: string,
  ) {
    this.#servers = [secure, plain];
    this.#proxies = [proxy, secureProxy];
    this.#socks = socks;
    this.world = {
      host: `127.0.0.1:${secure.port}`,
      port: secure.port,
      plainHost: `127.0.0.1:${plain.port}`,
      ca: authority.cert,
      otherCa,
      alice,
      bob,
      proxy: proxy.host,
      secureProxy: secureProxy.host,
      socks: socks.host,
      folder,
    };
  }

  static async start(): Promise<Scene> {
    const secure = await ApiServer.start(authority);
    secure.handler = (received, response) =>
      void response.end(JSON.stringify(answerAsIssuer(secure.origin, received)));
    const plain = await ApiServer.startPlain();
    const proxy = await ConnectProxy.start(secure.port, plain.port);
    const secureProxy = await ConnectProxy.start(secure.port, plain.port, proxyCertificate);
    const socks = await SocksProxy.start(secure.port, plain.port);
    const folder = mkdtempSync(join(tmpdir(), 'kubeconfigs-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return new Scene([secure, plain], [proxy, secureProxy], socks, folder);
  }

  /** The request that has arrived since the last call, and what the proxies were asked for. */
  taken(): Pick<Outcome, 'request' | 'over'> {
    const requests = this.#servers.flatMap(({ received }) => received.splice(0));
    const request = requests.find(({ url }) => url?.endsWith(PATH));
    const over = {
      proxies: this.#proxies.map(({ asked }) => asked.splice(0)),
      logins: this.#proxies.map(({ authorizations }) => authorizations.splice(0)),
      socks: this.#socks.asked.splice(0),
    };
    return { request: request && essence(request), over };
  }
}

/** The answers of an issuer of OpenID Connect; `{}` for all other paths. */
function answerAsIssuer(issuer: string, { url }: Received): object {
  if (url === '/.well-known/openid-configuration') return { issuer, token_endpoint: `${issuer}/token` };
  if (url === '/token') return { id_token: jwt(4_102_444_800), access_token: 'a', token_type: 'Bearer' };
  return {};
}

/** What a request says about the caller and its kubeconfig. */
function essence({ method, url, headers, client, serverName }: Received): object {
  const names = Object.keys(headers).filter((name) => /^(authorization|impersonate-.*)$/.test(name));
  const values = names.sort().map((name) => [name, readable(headers[name])]);
  const compressed = headers['accept-encoding'] === 'gzip';
  return { method, url, client, serverName, compressed, headers: Object.fromEntries(values) };
}

/** A token of the plugins below is `exec:` and what they were told; the order of fields there has no meaning. */
function readable(value: string | string[] | undefined): unknown {
  const [, told] = /^Bearer exec:([\w+/=]*)$/.exec(String(value)) ?? [];
  return told === undefined ? value : JSON.parse(Buffer.from(told, 'base64').toString());
}

interface Outcome {
  /** What the API server received; undefined: the kubeconfig was refused. */
  readonly request: object | undefined;
  /** What the proxies received. */
  readonly over: object;
  readonly reason: string;
}

function pathsOf({ kubeconfig = ['config'] }: Case, { folder }: World): string {
  return kubeconfig.map((name) => join(folder, name)).join(delimiter);
}

function write(files: Readonly<Record<string, unknown>>, folder: string): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    if (name.endsWith('.sh')) chmodSync(path, 0o755);
  }
}

/** What kubectl does with the files of a case, and how it shows them if it does not refuse them. */
async function byKubectl(
  each: Case,
  scene: Scene,
): Promise<Outcome & { readonly view: KubectlRun | undefined }> {
  const context = each.context === undefined ? [] : ['--context', each.context];
  const environment = { ...each.environment?.(scene.world), KUBECONFIG: pathsOf(each, scene.world) };
  const run = (...parameters: string[]) => kubectl(binaries, [...parameters, ...context], environment);
  const { stderr } = await run('get', '--raw', PATH);
  const { request, over } = scene.taken();
  const view = () => run('config', 'view', '--minify', '--flatten', '--raw', '-ojson');
  return { request, over, reason: stderr, view: request === undefined ? undefined : await view() };
}

/** What the service does with the files of a case, where it may use insecure connections as kubectl does. */
async function byService(each: Case, scene: Scene): Promise<Outcome & { readonly view: unknown }> {
  for (const [name, value] of Object.entries(each.environment?.(scene.world) ?? {})) vi.stubEnv(name, value);
  const source = {
    kubeconfig: pathsOf(each, scene.world),
    contextName: each.context,
    allowInsecureTls: true,
  };
  const load = kubeConfigLoader(source);
  const client = new KubeClient(load, 2);
  onTestFinished(() => client.close());
  try {
    await client.call({ path: PATH, deadlineMs: 10_000 });
    return { ...scene.taken(), reason: '', view: viewOf(load()) };
  } catch (error) {
    return { ...scene.taken(), reason: String(error), view: undefined };
  }
}

/** The loaded kubeconfig as `kubectl config view --flatten` shows it. */
function viewOf({ cluster, user }: ReturnType<ReturnType<typeof kubeConfigLoader>>): object {
  return { cluster: normal(flattened({ ...cluster })), user: normal(flattened({ ...user })) };
}

/** The same with the contents of files instead of their paths. */
function flattened(fields: Readonly<Record<string, unknown>>): object {
  const entries = Object.entries(fields).map(([name, value]) =>
    /^(certificate-authority|client-certificate|client-key)$/.test(name)
      ? [`${name}-data`, base64(readFileSync(String(value), 'utf8'))]
      : [name, value],
  );
  return Object.fromEntries(entries);
}

/**
 * Without fields that mean the same as their absence, and with one spelling of each address, text and path: kubectl
 * shows paths as they are written.
 */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, member]) => member !== null && member !== false && member !== '' && member !== undefined)
    .map(([name, member]) => [name, spelled(name, member)]);
  return Object.fromEntries(entries);
}

function spelled(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return normal(value);
  if (name === 'server') return value.replace(/\/$/, '');
  if (name === 'tokenFile' || name === 'command') return basename(value);
  // kubectl shows the default of v1beta1.
  if (name === 'interactiveMode' && value === 'IfAvailable') return undefined;
  return name.endsWith('-data') ? value.replaceAll('\n', '') : value;
}

/** The only cluster and the only user that kubectl shows. */
function shownIn({ stdout }: KubectlRun): object {
  const { clusters, users } = JSON.parse(stdout);
  return { cluster: normal(clusters?.[0]?.cluster ?? {}), user: normal(users?.[0]?.user ?? {}) };
}

describe('a kubeconfig is read by the service as by kubectl', () => {
  it.each(CASES.map((each) => [each.title, each] as const))('%s', async (_, each) => {
    const scene = await Scene.start();
    write(each.files(scene.world), scene.world.folder);
    const theirs = await byKubectl(each, scene);
    // kubectl writes tokens that it has renewed into the kubeconfig.
    write(each.files(scene.world), scene.world.folder);
    const ours = await byService(each, scene);
    const reasons = `kubectl: ${theirs.reason}\nservice: ${ours.reason}`;
    if (each.refused !== undefined) expect(theirs.request === undefined, reasons).toBe(each.refused);
    if (each.differs === 'refuses') {
      expect(ours.request, reasons).toBeUndefined();
      expect(ours.reason).toMatch(/no credentials for the API server: /);
    } else if (each.differs === 'accepts') {
      expect(theirs.request, reasons).toBeUndefined();
      expect(ours.request, reasons).toBeDefined();
    } else {
      expect(ours.request, reasons).toEqual(theirs.request);
      expect(ours.over, reasons).toEqual(theirs.over);
      if (theirs.view !== undefined) expect(ours.view).toEqual(shownIn(theirs.view));
    }
  });
});

describe('docs/reference/kubeconfigs.md', () => {
  it('lists the differences from kubectl, and no others', () => {
    const rows = readFileSync('docs/reference/kubeconfigs.md', 'utf8').matchAll(
      /^\| (.+?) \| .*\| (refuses|accepts) \|/gm,
    );
    const documented = [...rows].map(([, title, what]) => `${title}: ${what}`);
    const tested = CASES.flatMap(({ title, differs }) =>
      differs === undefined ? [] : `${title}: ${differs}`,
    );
    expect(documented.sort()).toEqual(tested.sort());
  });
});
