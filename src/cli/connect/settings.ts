import { resolve } from 'node:path';
import type { ConnectOptions } from './connect.ts';
import { ConnectError } from './connect-error.ts';
import { type Profile, readProfiles } from './profiles.ts';

/** Variables of the environment. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Where the client certificate and its key are. */
export type IdentitySource =
  | { readonly kind: 'pem'; readonly cert: string; readonly key: string }
  | { readonly kind: 'p12'; readonly file: string }
  | {
      readonly kind: 'kubeconfig';
      /** Files, separated as in KUBECONFIG. Undefined: KUBECONFIG, or ~/.kube/config. */
      readonly kubeconfig: string | undefined;
      /** Undefined: the current one. */
      readonly context: string | undefined;
    };

/** How to reach the service, after flags, environment and profile. */
export interface Settings {
  readonly server: URL;
  /** A file with CAs; undefined: those of the system. */
  readonly ca: string | undefined;
  readonly identity: IdentitySource;
  readonly cluster: string | undefined;
}

type Layer = Omit<ConnectOptions, 'profile'>;

/**
 * Joins flags, environment and profile, in this order. With a flag for the profile, the environment does not count.
 * @throws ConnectError if something is missing or contradictory
 */
export async function settingsOf(options: ConnectOptions, env: Env): Promise<Settings> {
  const chosen = options.profile ?? given(env.SCALER_PROFILE);
  const named = [options, variablesFor(options, env)];
  const complete =
    named.some(({ server }) => server !== undefined) && named.some((layer) => sourceIn(layer) !== undefined);
  // Then a profile could add only a CA or a cluster that nobody has asked for.
  const stored = complete && chosen === undefined ? undefined : await storedProfile(chosen, env);
  return joined(options, env, stored);
}

/**
 * The same with this profile. The certificate and its key come from one source, so that the key of one never meets the
 * certificate of another.
 */
export function joined(flags: ConnectOptions, env: Env, stored: Profile | undefined): Settings {
  const layers: readonly Layer[] = [
    flags,
    variablesFor(flags, env),
    ...(stored === undefined ? [] : [stored]),
  ];
  const server = layers.map((layer) => layer.server).find((value) => value !== undefined);
  if (server === undefined) throw missing('The URL of the service', '--server https://HOST:PORT');
  const identity = layers.map(sourceIn).find((source) => source !== undefined);
  if (identity === undefined) {
    throw missing('A client certificate', '--cert FILE and --key FILE, or --p12 FILE, or --context NAME');
  }
  const ca = layers.map((layer) => layer.ca).find((value) => value !== undefined);
  return {
    server: serverUrl(server),
    ca: ca === undefined ? undefined : resolve(ca),
    identity,
    cluster: (flags.profile === undefined ? given(env.SCALER_CLUSTER) : undefined) ?? stored?.cluster,
  };
}

/** Of the environment. Who names a profile by a flag means that one, whatever a shell has exported long ago. */
function variablesFor({ profile }: ConnectOptions, env: Env): Layer {
  if (profile !== undefined) return {};
  return {
    server: given(env.SCALER_SERVER),
    cert: given(env.SCALER_CERT),
    key: given(env.SCALER_KEY),
    ca: given(env.SCALER_CA),
    p12: given(env.SCALER_P12),
  };
}

/** The URL of the service; `https://` may be left out. */
export function serverUrl(text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  // A password has no place here, and none in a log.
  const shown = text.replace(/\/\/[^/]*@/, '//');
  const wrong = (why: string) => new ConnectError(`The server ${shown} ${why}`, { usage: true });
  if (url === null) throw wrong('is not a URL. Write it as https://HOST:PORT');
  if (url.protocol !== 'https:') throw wrong('must begin with https://, because the service speaks TLS only');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw wrong('may have a host, a port and a path only: https://HOST:PORT');
  }
  return url;
}

async function storedProfile(name: string | undefined, env: Env): Promise<Profile | undefined> {
  const profiles = await readProfiles(env);
  const chosen = name ?? profiles.current;
  if (chosen === undefined) return undefined;
  const profile = profiles.profiles.get(chosen);
  if (profile !== undefined) return profile;
  const known = [...profiles.profiles.keys()].join(', ');
  const remedy =
    known === '' ? 'It has none. `scaler login` adds one' : `It has ${known}. Choose one with --profile`;
  throw new ConnectError(`There is no profile ${chosen} in ${profiles.file}. ${remedy}`, { usage: true });
}

/** The identity that this layer names, if it names one. */
function sourceIn({ cert, key, p12, kubeconfig, context }: Layer): IdentitySource | undefined {
  const ofKubeconfig = kubeconfig !== undefined || context !== undefined;
  const kinds = [cert !== undefined || key !== undefined, p12 !== undefined, ofKubeconfig];
  if (kinds.filter(Boolean).length > 1) {
    throw new ConnectError(
      'There are several client certificates. Give one of: --cert and --key; --p12; --kubeconfig and --context',
      { usage: true },
    );
  }
  if (cert !== undefined) return { kind: 'pem', cert: resolve(cert), key: resolve(key ?? cert) };
  if (key !== undefined) {
    throw new ConnectError(`The key ${key} has no certificate. Give it with --cert FILE`, { usage: true });
  }
  if (p12 !== undefined) return { kind: 'p12', file: resolve(p12) };
  return ofKubeconfig ? { kind: 'kubeconfig', kubeconfig, context } : undefined;
}

function missing(what: string, flag: string): ConnectError {
  return new ConnectError(
    `${what} is missing. Give ${flag}: with \`scaler login\` once, or with each command`,
    {
      usage: true,
    },
  );
}

/** An empty variable counts as none, as in most programs. */
function given(variable: string | undefined): string | undefined {
  return variable === '' ? undefined : variable;
}
