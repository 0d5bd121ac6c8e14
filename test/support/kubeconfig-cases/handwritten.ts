import { base64 } from '../kube/clients.ts';
import { type Case, jwt, kubeconfig, secure, type World } from './case.ts';

const EXEC_V1 = 'client.authentication.k8s.io/v1';
const EXEC_V1BETA1 = 'client.authentication.k8s.io/v1beta1';

/** A plugin that prints this status, in the version that it was configured with. */
function plugin(status: string, apiVersion = EXEC_V1): string {
  return `#!/bin/sh\nprintf '%s' '{"apiVersion":"${apiVersion}","kind":"ExecCredential","status":'"${status.replaceAll('"', '\\"')}"'}'\n`;
}

/** A plugin whose token tells what it was told. */
const TELLING = plugin(`{"token":"exec:$(printenv KUBERNETES_EXEC_INFO | base64 | tr -d '\\n')"}`);

const exec = (more: object = {}) => ({
  exec: { apiVersion: EXEC_V1, interactiveMode: 'Never', command: './plugin.sh', ...more },
});

/** A case whose only file is a kubeconfig. */
const one = (title: string, config: (world: World) => unknown, more: Partial<Case> = {}): Case => ({
  title,
  files: (world) => ({ config: config(world) }),
  refused: false,
  ...more,
});

/** As `one`, but kubectl refuses it. */
const refused = (title: string, config: (world: World) => unknown, more: Partial<Case> = {}): Case =>
  one(title, config, { refused: true, ...more });

/** A case with a plugin next to the kubeconfig. */
const plugged = (
  title: string,
  script: string,
  user: object,
  more: Partial<Case> & { cluster?: object } = {},
): Case => ({
  title,
  files: (world) => ({
    config: kubeconfig(world, { user, ...(more.cluster === undefined ? {} : { cluster: more.cluster }) }),
    'plugin.sh': script,
  }),
  refused: false,
  ...more,
});

/** The API server under a name that only a proxy can resolve. */
const hidden = { server: 'https://kubernetes.default:6443' };
const unencrypted = { server: 'http://kubernetes.default' };
/** The API server of the world under an address that is not a loopback address, so that proxies apply. */
const elsewhere = ({ port }: World) => ({
  server: `https://0.0.0.0:${port}`,
  'tls-server-name': 'kubernetes.default',
});

const LOGINS: readonly Case[] = [
  one('a token', (world) => kubeconfig(world)),
  one('a client certificate as data', (world) =>
    kubeconfig(world, {
      user: {
        'client-certificate-data': base64(world.alice.cert),
        'client-key-data': base64(world.alice.key),
      },
    }),
  ),
  {
    title: 'a client certificate in files next to the kubeconfig',
    files: (world) => ({
      'tls/client.crt': world.alice.cert,
      'tls/client.key': world.alice.key,
      config: kubeconfig(world, {
        user: { 'client-certificate': 'tls/client.crt', 'client-key': './tls/client.key' },
      }),
    }),
    refused: false,
  },
  one('a client certificate and a token', (world) =>
    kubeconfig(world, {
      user: {
        'client-certificate-data': base64(world.alice.cert),
        'client-key-data': base64(world.alice.key),
        token: 'secret',
      },
    }),
  ),
  one('a name and a password', (world) =>
    kubeconfig(world, { user: { username: 'jürgen', password: 'pa:ss wörd' } }),
  ),
  one('a name without a password', (world) => kubeconfig(world, { user: { username: 'me' } })),
  refused('a password without a name', (world) => kubeconfig(world, { user: { password: 'word' } })),
  {
    title: 'a token file, with a line break at its end',
    files: (world) => ({
      token: ' from-file\n\n',
      config: kubeconfig(world, { user: { tokenFile: 'token' } }),
    }),
    refused: false,
  },
  {
    title: 'a token file and a token',
    files: (world) => ({
      token: 'from-file',
      config: kubeconfig(world, { user: { tokenFile: 'token', token: 'stale' } }),
    }),
    refused: false,
  },
  one('a token file that is missing and a token', (world) =>
    kubeconfig(world, { user: { tokenFile: 'missing', token: 'inline' } }),
  ),
  refused('a token file that is missing', (world) => kubeconfig(world, { user: { tokenFile: 'missing' } })),
  {
    title: 'a token file that is empty',
    files: (world) => ({ token: '\n', config: kubeconfig(world, { user: { tokenFile: 'token' } }) }),
    differs: 'refuses',
  },
  refused('a token and a password', (world) =>
    kubeconfig(world, { user: { token: 'a', username: 'b', password: 'c' } }),
  ),
  refused('a certificate without a key', (world) =>
    kubeconfig(world, { user: { 'client-certificate-data': base64(world.alice.cert) } }),
  ),
  one(
    'a key without a certificate',
    (world) => kubeconfig(world, { user: { token: 'a', 'client-key-data': base64(world.alice.key) } }),
    { differs: 'refuses' },
  ),
  refused('a key that belongs to another certificate', (world) =>
    kubeconfig(world, {
      user: { 'client-certificate-data': base64(world.alice.cert), 'client-key-data': base64(world.bob.key) },
    }),
  ),
  refused('a certificate that is not base64', (world) =>
    kubeconfig(world, {
      user: { 'client-certificate-data': '-----BEGIN', 'client-key-data': base64(world.alice.key) },
    }),
  ),
  refused('a certificate file that is missing', (world) =>
    kubeconfig(world, { user: { 'client-certificate': 'missing.crt', 'client-key': 'missing.key' } }),
  ),
  {
    title: 'a certificate both as file and as data',
    files: (world) => ({
      'client.crt': world.alice.cert,
      config: kubeconfig(world, {
        user: {
          'client-certificate': 'client.crt',
          'client-certificate-data': base64(world.alice.cert),
          'client-key-data': base64(world.alice.key),
        },
      }),
    }),
    refused: true,
  },
  refused('a user without credentials', (world) => kubeconfig(world, { user: {} })),
  refused('a context without a user', (world) => kubeconfig(world, { context: { user: undefined } })),
  refused('a context whose user does not exist', (world) => kubeconfig(world, { context: { user: 'gone' } })),
  one('a token with a line break at its end', (world) => kubeconfig(world, { user: { token: 'secret\n' } }), {
    refused: true,
    differs: 'accepts',
  }),
  refused('a token with a line break inside', (world) => kubeconfig(world, { user: { token: 'se\ncret' } })),
  refused('a token that is a number', (world) => kubeconfig(world, { user: { token: 123 } })),
  refused('an auth-provider that kubectl has removed', (world) =>
    kubeconfig(world, { user: { 'auth-provider': { name: 'gcp' } } }),
  ),
  one('an id-token of OpenID Connect that is valid', (world) =>
    kubeconfig(world, { user: openIdConnect(world, jwt(4_102_444_800)) }),
  ),
  one(
    'an id-token of OpenID Connect that has expired',
    (world) => kubeconfig(world, { user: openIdConnect(world, jwt(0)) }),
    { differs: 'refuses' },
  ),
  refused('a login by OpenID Connect without an id-token', (world) =>
    kubeconfig(world, { user: { 'auth-provider': { name: 'oidc', config: { 'client-id': 'me' } } } }),
  ),
  one(
    'a field of the user that nobody knows',
    (world) => kubeconfig(world, { user: { token: 'secret', 'token-file': 'token' } }),
    { differs: 'refuses' },
  ),
];

/** A login whose issuer is the API server of the world, which renews every token. */
function openIdConnect({ host, ca }: World, idToken: string): object {
  const config = {
    'idp-issuer-url': `https://${host}`,
    'idp-certificate-authority-data': base64(ca),
    'client-id': 'me',
    'id-token': idToken,
    'refresh-token': 'r',
  };
  return { 'auth-provider': { name: 'oidc', config } };
}

const IMPERSONATION: readonly Case[] = [
  one('as', (world) => kubeconfig(world, { user: { token: 'a', as: 'jane' } })),
  one('as with umlauts', (world) => kubeconfig(world, { user: { token: 'a', as: 'jürgen@köln' } })),
  one('as, as-groups, as-uid and as-user-extra', (world) =>
    kubeconfig(world, {
      user: {
        token: 'a',
        as: 'jane',
        'as-uid': '1234',
        'as-groups': ['dev', 'ops'],
        'as-user-extra': { reason: ['on call', 'ticket 7'], 'example.com/Äx%y z': ['v'], empty: [] },
      },
    }),
  ),
  refused('as-groups without as', (world) =>
    kubeconfig(world, { user: { token: 'a', 'as-groups': ['dev'] } }),
  ),
  refused('as-uid without as', (world) => kubeconfig(world, { user: { token: 'a', 'as-uid': '1' } })),
  refused('as-user-extra without as', (world) =>
    kubeconfig(world, { user: { token: 'a', 'as-user-extra': { a: ['b'] } } }),
  ),
  refused('as with a line break', (world) => kubeconfig(world, { user: { token: 'a', as: 'ja\nne' } })),
  refused('as-groups that are not a list', (world) =>
    kubeconfig(world, { user: { token: 'a', as: 'jane', 'as-groups': 'dev' } }),
  ),
];

const SERVERS: readonly Case[] = [
  one('a server with a path', (world) =>
    kubeconfig(world, { cluster: { server: `https://${world.host}/clusters/one/` } }),
  ),
  one('a server with a slash at its end', (world) =>
    kubeconfig(world, { cluster: { server: `https://${world.host}/` } }),
  ),
  one(
    'a server with a query',
    (world) => kubeconfig(world, { cluster: { server: `https://${world.host}/base?a=b#c` } }),
    { differs: 'refuses' },
  ),
  one(
    'a server with a user in it',
    (world) => kubeconfig(world, { cluster: { server: `https://me:word@${world.host}` } }),
    { differs: 'refuses' },
  ),
  one(
    'a server without a scheme',
    ({ plainHost, ...world }) => kubeconfig({ plainHost, ...world }, { cluster: { server: plainHost } }),
    { differs: 'refuses' },
  ),
  one('http:// on this machine, without a user', ({ plainHost, ...world }) =>
    kubeconfig(
      { plainHost, ...world },
      {
        cluster: { server: `http://${plainHost}`, 'certificate-authority-data': undefined },
        context: { user: undefined },
      },
    ),
  ),
  one('http:// on this machine, with a token', ({ plainHost, ...world }) =>
    kubeconfig(
      { plainHost, ...world },
      { cluster: { server: `http://${plainHost}`, 'certificate-authority-data': undefined } },
    ),
  ),
  one('http:// on this machine, with a password, an impersonation and a path', ({ plainHost, ...world }) =>
    kubeconfig(
      { plainHost, ...world },
      {
        cluster: { server: `http://${plainHost}/base`, 'certificate-authority-data': undefined },
        user: { username: 'me', password: 'word', as: 'jane' },
      },
    ),
  ),
  plugged('http:// on this machine, with a plugin', TELLING, exec(), {
    files: ({ plainHost, ...world }) => ({
      config: kubeconfig(
        { plainHost, ...world },
        { cluster: { server: `http://${plainHost}`, 'certificate-authority-data': undefined }, user: exec() },
      ),
      'plugin.sh': TELLING,
    }),
  }),
  refused('a server of another scheme', (world) =>
    kubeconfig(world, { cluster: { server: `ftp://${world.host}` } }),
  ),
  refused('a server that is not a URL', (world) => kubeconfig(world, { cluster: { server: 'https://a b' } })),
  refused('a cluster without a server', (world) => kubeconfig(world, { cluster: { server: undefined } })),
  refused('a context whose cluster was deleted', (world) =>
    kubeconfig(world, { context: { cluster: 'gone' } }),
  ),
  refused('a context without a cluster', (world) => kubeconfig(world, { context: { cluster: undefined } })),
  {
    title: 'a CA in a file next to the kubeconfig',
    files: (world) => ({
      'ca.crt': world.ca,
      config: kubeconfig(world, {
        cluster: { 'certificate-authority-data': undefined, 'certificate-authority': 'ca.crt' },
      }),
    }),
    refused: false,
  },
  one('a bundle of CAs', (world) =>
    kubeconfig(world, { cluster: { 'certificate-authority-data': base64(`${world.otherCa}\n${world.ca}`) } }),
  ),
  one(
    'a bundle of CAs that are joined without a line break',
    (world) =>
      kubeconfig(world, {
        cluster: { 'certificate-authority-data': base64(world.otherCa.trimEnd() + world.ca) },
      }),
    { refused: true, differs: 'accepts' },
  ),
  refused('another CA', (world) =>
    kubeconfig(world, { cluster: { 'certificate-authority-data': base64(world.otherCa) } }),
  ),
  refused('no CA', (world) => kubeconfig(world, { cluster: { 'certificate-authority-data': undefined } })),
  refused('a CA that is not a certificate', (world) =>
    kubeconfig(world, { cluster: { 'certificate-authority-data': base64('garbage') } }),
  ),
  refused('a CA file that is missing', (world) =>
    kubeconfig(world, {
      cluster: { 'certificate-authority-data': undefined, 'certificate-authority': 'missing.crt' },
    }),
  ),
  {
    title: 'a CA both as file and as data',
    files: (world) => ({
      'ca.crt': world.ca,
      config: kubeconfig(world, { cluster: { 'certificate-authority': 'ca.crt' } }),
    }),
    refused: true,
  },
  one('insecure-skip-tls-verify', (world) =>
    kubeconfig(world, {
      cluster: { 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': true },
    }),
  ),
  one(
    'insecure-skip-tls-verify: yes, as YAML 1.1 spells it',
    (world) => `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://${world.host}", insecure-skip-tls-verify: yes}}]
users: [{name: u, user: {token: 2026-01-01}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`,
  ),
  refused('insecure-skip-tls-verify as text', (world) =>
    kubeconfig(world, {
      cluster: { 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': 'true' },
    }),
  ),
  refused('insecure-skip-tls-verify and a CA', (world) =>
    kubeconfig(world, { cluster: { 'insecure-skip-tls-verify': true } }),
  ),
  one('tls-server-name', (world) =>
    kubeconfig(world, { cluster: { 'tls-server-name': 'kubernetes.default' } }),
  ),
  refused('a wrong tls-server-name', (world) =>
    kubeconfig(world, { cluster: { 'tls-server-name': 'elsewhere.example' } }),
  ),
  one('disable-compression', (world) => kubeconfig(world, { cluster: { 'disable-compression': true } })),
  one('extensions and a namespace', (world) =>
    kubeconfig(world, {
      cluster: { extensions: [{ name: 'minikube.sigs.k8s.io', extension: { version: null } }] },
      context: { namespace: 'shop', extensions: [{ name: 'context_info', extension: {} }] },
      more: { preferences: {}, extensions: [], 'x-owner': 'shop' },
    }),
  ),
  one(
    'a field of the cluster that nobody knows',
    (world) => kubeconfig(world, { cluster: { 'certificate-authority-pem': 'a' } }),
    { differs: 'refuses' },
  ),
];

const PROXIES: readonly Case[] = [
  one('proxy-url', (world) =>
    kubeconfig(world, { cluster: { ...hidden, 'proxy-url': `http://${world.proxy}` } }),
  ),
  one('proxy-url with a name and a password', (world) =>
    kubeconfig(world, { cluster: { ...hidden, 'proxy-url': `http://me:pa%20ss@${world.proxy}/` } }),
  ),
  one('proxy-url of a proxy with TLS', (world) =>
    kubeconfig(world, { cluster: { ...hidden, 'proxy-url': `https://${world.secureProxy}` } }),
  ),
  refused('proxy-url of a proxy whose certificate another CA has issued', (world) =>
    kubeconfig(world, {
      cluster: {
        ...hidden,
        'certificate-authority-data': base64(world.otherCa),
        'proxy-url': `https://${world.secureProxy}`,
      },
    }),
  ),
  one('proxy-url and a server without a name', (world) =>
    kubeconfig(world, { cluster: { 'proxy-url': `http://${world.proxy}` } }),
  ),
  one('proxy-url of a proxy with TLS and a server without a name', (world) =>
    kubeconfig(world, { cluster: { 'proxy-url': `https://${world.secureProxy}` } }),
  ),
  one('proxy-url of a SOCKS5 proxy and a server without a name', (world) =>
    kubeconfig(world, { cluster: { 'proxy-url': `socks5://${world.socks}` } }),
  ),
  one('proxy-url of a SOCKS5 proxy and a server without a port', (world) =>
    kubeconfig(world, {
      cluster: { server: 'https://kubernetes.default', 'proxy-url': `socks5://${world.socks}` },
    }),
  ),
  one('proxy-url of a SOCKS5 proxy and a server without TLS', (world) =>
    kubeconfig(world, { cluster: { ...unencrypted, 'proxy-url': `socks5://${world.socks}` } }),
  ),
  one('proxy-url and a server without TLS', (world) =>
    kubeconfig(world, { cluster: { ...unencrypted, 'proxy-url': `http://me:pa%20ss@${world.proxy}` } }),
  ),
  // The CA of the cluster does not count for a server without TLS.
  refused('proxy-url of a proxy with TLS and a server without TLS', (world) =>
    kubeconfig(world, { cluster: { ...unencrypted, 'proxy-url': `https://${world.secureProxy}` } }),
  ),
  one('proxy-url of a SOCKS5 proxy', (world) =>
    kubeconfig(world, { cluster: { ...hidden, 'proxy-url': `socks5://${world.socks}` } }),
  ),
  refused('proxy-url of another scheme', (world) =>
    kubeconfig(world, { cluster: { ...hidden, 'proxy-url': `ftp://${world.proxy}` } }),
  ),
  refused('proxy-url without a scheme', (world) =>
    kubeconfig(world, { cluster: { ...hidden, 'proxy-url': world.proxy } }),
  ),
  one('HTTPS_PROXY', (world) => kubeconfig(world, { cluster: hidden }), {
    environment: ({ proxy }) => ({ HTTPS_PROXY: `http://${proxy}` }),
  }),
  one('https_proxy without a scheme', (world) => kubeconfig(world, { cluster: hidden }), {
    environment: ({ proxy }) => ({ https_proxy: proxy }),
  }),
  one('HTTPS_PROXY of a SOCKS5 proxy', (world) => kubeconfig(world, { cluster: hidden }), {
    environment: ({ socks }) => ({ HTTPS_PROXY: `socks5h://${socks}` }),
  }),
  one('HTTPS_PROXY in capitals before small letters', (world) => kubeconfig(world, { cluster: hidden }), {
    environment: ({ proxy }) => ({ HTTPS_PROXY: `http://${proxy}`, https_proxy: 'http://127.0.0.1:1' }),
  }),
  one(
    'proxy-url before HTTPS_PROXY',
    (world) => kubeconfig(world, { cluster: { ...hidden, 'proxy-url': `http://${world.proxy}` } }),
    { environment: () => ({ HTTPS_PROXY: 'http://127.0.0.1:1' }) },
  ),
  one('HTTP_PROXY, which is not for https://', (world) => kubeconfig(world, { cluster: elsewhere(world) }), {
    environment: ({ proxy }) => ({ HTTP_PROXY: `http://${proxy}` }),
  }),
  one('HTTPS_PROXY and a server on this machine', (world) => kubeconfig(world), {
    environment: ({ proxy }) => ({ HTTPS_PROXY: `http://${proxy}` }),
  }),
  ...[
    ['*', 'everything'],
    ['0.0.0.0', 'the address'],
    ['0.0.0.0/8', 'the network'],
    [' example.com , 0.0.0.0', 'the address after a space'],
  ].map(([noProxy = '', title]) =>
    one(`NO_PROXY names ${title}`, (world) => kubeconfig(world, { cluster: elsewhere(world) }), {
      environment: ({ proxy }) => ({ HTTPS_PROXY: `http://${proxy}`, NO_PROXY: noProxy }),
    }),
  ),
  one(
    'NO_PROXY names the address with its port',
    (world) => kubeconfig(world, { cluster: elsewhere(world) }),
    {
      environment: ({ proxy, port }) => ({ HTTPS_PROXY: `http://${proxy}`, no_proxy: `0.0.0.0:${port}` }),
    },
  ),
  ...[
    ['0.0.0.0:1', 'the address with another port'],
    ['1.0.0.0/8', 'another network'],
    ['0.0.0.0/33', 'a network that is none'],
    ['kubernetes.default', 'the name in the certificate'],
  ].map(([noProxy = '', title]) =>
    one(`NO_PROXY names ${title}`, (world) => kubeconfig(world, { cluster: elsewhere(world) }), {
      environment: ({ proxy }) => ({ HTTPS_PROXY: `http://${proxy}`, NO_PROXY: noProxy }),
    }),
  ),
  ...['KUBERNETES.default', 'default', '.default', '*.default', 'kubernetes.default:6443'].map((noProxy) =>
    refused(
      `NO_PROXY names ${noProxy}, and the server has no address`,
      (world) => kubeconfig(world, { cluster: hidden }),
      {
        environment: ({ proxy }) => ({ HTTPS_PROXY: `http://${proxy}`, NO_PROXY: noProxy }),
      },
    ),
  ),
  ...[
    'ubernetes.default',
    '.kubernetes.default',
    'kubernetes',
    'kubernetes.default:443',
    'a.kubernetes.default',
  ].map((noProxy) =>
    one(
      `NO_PROXY names ${noProxy}, which is another name`,
      (world) => kubeconfig(world, { cluster: hidden }),
      {
        environment: ({ proxy }) => ({ HTTPS_PROXY: `http://${proxy}`, NO_PROXY: noProxy }),
      },
    ),
  ),
];

const PLUGINS: readonly Case[] = [
  plugged('a plugin next to the kubeconfig', TELLING, exec()),
  plugged('a plugin with provideClusterInfo', TELLING, exec({ provideClusterInfo: true }), {
    cluster: {
      'tls-server-name': 'kubernetes.default',
      'disable-compression': true,
      extensions: [
        { name: 'client.authentication.k8s.io/exec', extension: { audience: 'x', none: null, list: [1] } },
        { name: 'other', extension: { a: 1 } },
      ],
    },
  }),
  {
    title: 'a plugin with provideClusterInfo and a CA in a file',
    files: (world) => ({
      'ca.crt': world.ca,
      config: kubeconfig(world, {
        cluster: {
          'certificate-authority-data': undefined,
          'certificate-authority': 'ca.crt',
          'proxy-url': `http://${world.proxy}`,
        },
        user: exec({ provideClusterInfo: true }),
      }),
      'plugin.sh': TELLING,
    }),
    refused: false,
  },
  plugged('a plugin of v1beta1', TELLING.replace(EXEC_V1, EXEC_V1BETA1), {
    exec: { apiVersion: EXEC_V1BETA1, command: './plugin.sh' },
  }),
  plugged(
    'a plugin with arguments and variables',
    '#!/bin/sh\nprintf \'{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}\' "$1-$2-$REGION-$EMPTY-$TWICE"\n',
    exec({
      args: ['login', 'a b'],
      env: [
        { name: 'REGION', value: 'north' },
        { name: 'EMPTY', value: '' },
        { name: 'TWICE', value: 'first' },
        { name: 'TWICE', value: 'last' },
      ],
    }),
  ),
  {
    title: 'a plugin that returns a certificate',
    files: (world) => ({
      config: kubeconfig(world, { user: exec() }),
      'credential.json': {
        apiVersion: EXEC_V1,
        kind: 'ExecCredential',
        status: {
          clientCertificateData: world.alice.cert,
          clientKeyData: world.alice.key,
          expirationTimestamp: '2100-01-01T00:00:00Z',
        },
      },
      'plugin.sh': '#!/bin/sh\ncat "$(dirname "$0")/credential.json"\n',
    }),
    refused: false,
  },
  plugged('a plugin and a token', plugin('{"token":"of the plugin"}'), { ...exec(), token: 'own' }),
  plugged('a plugin and a password without a name', plugin('{"token":"t"}'), { ...exec(), password: 'word' }),
  plugged(
    'a plugin and a token file that is missing',
    plugin('{"token":"t"}'),
    {
      ...exec(),
      tokenFile: 'missing',
    },
    { refused: true },
  ),
  plugged('a plugin and an impersonation', plugin('{"token":"t"}'), { ...exec(), as: 'jane' }),
  plugged('a plugin of another version', plugin('{"token":"t"}'), exec({ apiVersion: `${EXEC_V1}alpha1` }), {
    refused: true,
  }),
  plugged('a plugin without a version', plugin('{"token":"t"}'), exec({ apiVersion: undefined }), {
    refused: true,
  }),
  plugged('a plugin without a command', plugin('{"token":"t"}'), exec({ command: '' }), { refused: true }),
  plugged('a plugin that answers in another version', plugin('{"token":"t"}', EXEC_V1BETA1), exec(), {
    refused: true,
  }),
  plugged('a plugin without interactiveMode', plugin('{"token":"t"}'), exec({ interactiveMode: undefined }), {
    refused: true,
  }),
  plugged('a plugin with interactiveMode: IfAvailable', TELLING, exec({ interactiveMode: 'IfAvailable' })),
  plugged('a plugin with interactiveMode: Always', TELLING, exec({ interactiveMode: 'Always' }), {
    refused: true,
  }),
  plugged(
    'a plugin with a variable without a name',
    plugin('{"token":"t"}'),
    exec({ env: [{ value: 'x' }] }),
    {
      refused: true,
    },
  ),
  plugged('a plugin that returns nothing', plugin('{}'), exec(), { refused: true }),
  plugged('a plugin that returns a key only', plugin('{"clientKeyData":"k"}'), exec(), { refused: true }),
  plugged('a plugin that fails', '#!/bin/sh\nexit 3\n', exec(), { refused: true }),
  plugged('a plugin that is not installed', '', exec({ command: 'no-such-plugin', installHint: 'get it' }), {
    refused: true,
  }),
  plugged(
    'a plugin and an auth-provider',
    plugin('{"token":"t"}'),
    { ...exec(), 'auth-provider': { name: 'oidc' } },
    {
      refused: true,
    },
  ),
  plugged('a field of the plugin that nobody knows', plugin('{"token":"t"}'), exec({ environment: [] }), {
    differs: 'refuses',
  }),
];

/** A file that only has a user, with this token. */
const userOnly = (name: string, token: string) => ({ users: [{ name, user: { token } }] });

const FILES: readonly Case[] = [
  one('unused entries that are incomplete', (world) =>
    kubeconfig(world, {
      more: {
        clusters: [
          { name: 'none', cluster: {} },
          { name: 'null', cluster: null },
          { name: 'c', cluster: secure(world) },
        ],
        users: [{ name: 'idle' }, { name: 'u', user: { token: 'secret' } }],
        contexts: [
          { name: 'idle', context: { namespace: 'x', user: '', cluster: '' } },
          { name: 'x', context: { cluster: 'c', user: 'u' } },
          { name: 'broken', context: { cluster: 'none', user: 'gone' } },
        ],
      },
    }),
  ),
  one(
    'another context',
    (world) =>
      kubeconfig(world, {
        more: {
          'current-context': 'gone',
          contexts: [{ name: 'other', context: { cluster: 'c', user: 'u' } }],
        },
      }),
    { context: 'other' },
  ),
  refused('a context that does not exist', (world) => kubeconfig(world), { context: 'other' }),
  refused('a current-context that does not exist', (world) =>
    kubeconfig(world, { more: { 'current-context': 'gone' } }),
  ),
  refused('no current-context', (world) => kubeconfig(world, { more: { 'current-context': '' } })),
  {
    title: 'several files: the first to set a name wins',
    files: (world) => ({
      first: { ...userOnly('u', 'of the first'), 'current-context': 'x' },
      config: kubeconfig(world, { more: { 'current-context': 'other' } }),
    }),
    kubeconfig: ['first', 'config'],
    refused: false,
  },
  {
    title: 'several files: the last one does not win',
    files: (world) => ({
      config: kubeconfig(world),
      last: { ...userOnly('u', 'of the last'), 'current-context': 'other' },
    }),
    kubeconfig: ['config', 'last'],
    refused: false,
  },
  {
    title: 'several files: missing and empty ones are passed over',
    files: (world) => ({ empty: '', config: kubeconfig(world) }),
    kubeconfig: ['missing', 'empty', 'config', 'missing-too'],
    refused: false,
  },
  {
    title: 'several files: paths are relative to the file that names them',
    files: (world) => ({
      'a/token': 'in a',
      'b/token': 'in b',
      'a/config': { users: [{ name: 'u', user: { tokenFile: 'token' } }] },
      'b/config': kubeconfig(world),
    }),
    kubeconfig: ['a/config', 'b/config'],
    refused: false,
  },
  {
    title: 'several files: a broken one ends it',
    files: (world) => ({ broken: '{"users": [', config: kubeconfig(world) }),
    kubeconfig: ['config', 'broken'],
    refused: true,
  },
  {
    title: 'several files: the same one twice',
    files: (world) => ({ config: kubeconfig(world) }),
    kubeconfig: ['config', 'config'],
    refused: false,
  },
  { title: 'no file that exists', files: () => ({}), kubeconfig: ['missing'], refused: true },
  { title: 'an empty file', files: () => ({ config: '' }), refused: true },
  { title: 'a file with a comment only', files: () => ({ config: '# nothing\n' }), refused: true },
  { title: 'a file that is a list', files: () => ({ config: '- a\n' }), refused: true },
  {
    title: 'several files: one with a comment only',
    files: (world) => ({ comment: '# nothing\n', config: kubeconfig(world) }),
    kubeconfig: ['comment', 'config'],
    refused: false,
  },
  one('no kind and no apiVersion', (world) =>
    kubeconfig(world, { more: { kind: undefined, apiVersion: undefined } }),
  ),
  refused('another kind', (world) => kubeconfig(world, { more: { kind: 'Secret' } })),
  refused('another apiVersion', (world) => kubeconfig(world, { more: { apiVersion: 'v2' } })),
  refused('two users of one name', (world) =>
    kubeconfig(world, {
      more: {
        users: [
          { name: 'u', user: { token: 'one' } },
          { name: 'u', user: { token: 'two' } },
        ],
      },
    }),
  ),
  one(
    'two unused users of one name',
    (world) =>
      kubeconfig(world, {
        more: { users: [{ name: 'u', user: { token: 'a' } }, { name: 'idle' }, { name: 'idle' }] },
      }),
    { refused: true, differs: 'accepts' },
  ),
  one(
    'an unused entry with a value of a wrong type',
    (world) =>
      kubeconfig(world, {
        more: {
          users: [
            { name: 'u', user: { token: 'a' } },
            { name: 'idle', user: { token: 1 } },
          ],
        },
      }),
    { refused: true, differs: 'accepts' },
  ),
  one(
    'a key twice',
    (world) => `${JSON.stringify(kubeconfig(world)).slice(0, -1)}, "current-context": "x"}`,
    { differs: 'refuses' },
  ),
  one(
    'several documents in one file',
    (world) => `${JSON.stringify(kubeconfig(world))}\n---\n${JSON.stringify({ users: [] })}\n`,
    { differs: 'refuses' },
  ),
  one(
    'anchors, aliases and merge keys',
    (world) => `
clusters:
- name: c
  cluster: {server: "https://${world.host}", certificate-authority-data: ${base64(world.ca)}}
users:
- name: base
  user: &base {token: shared, as: nobody}
- name: u
  user:
    <<: *base
    as: jane
contexts:
- {name: x, context: {cluster: c, user: u}}
current-context: x
`,
  ),
  one(
    'text that looks like a time',
    (world) => `
clusters:
- name: 12:30
  cluster: {server: "https://${world.host}", certificate-authority-data: ${base64(world.ca)}}
users:
- {name: 2026-01-01, user: {token: 12:30:45}}
contexts:
- {name: x, context: {cluster: 12:30, user: 2026-01-01}}
current-context: x
`,
  ),
  one('a base64 text with line breaks', (world) =>
    kubeconfig(world, {
      cluster: { 'certificate-authority-data': base64(world.ca).replace(/.{64}/g, '$&\n') },
    }),
  ),
  refused('tabs in YAML', (world) => `clusters:\n\t- name: c\n\t  server: https://${world.host}\n`),
];

/** Cases that people wrote or met. */
export const HANDWRITTEN: readonly Case[] = [
  ...LOGINS,
  ...IMPERSONATION,
  ...SERVERS,
  ...PROXIES,
  ...PLUGINS,
  ...FILES,
];
