import type { IssuedCertificate } from '../issue-certificate.ts';
import { base64 } from '../kube/clients.ts';

/** What the files of a case may refer to. */
export interface World {
  /** `127.0.0.1:port` of the API server with TLS. Its certificate has this address and `kubernetes.default`. */
  readonly host: string;
  readonly port: number;
  /** `127.0.0.1:port` of the API server without TLS. */
  readonly plainHost: string;
  /** The CA of the API server, and another one, PEM. */
  readonly ca: string;
  readonly otherCa: string;
  /** Client certificates of alice and bob. */
  readonly alice: IssuedCertificate;
  readonly bob: IssuedCertificate;
  /**
   * `127.0.0.1:port` of an HTTP proxy, of one with TLS, whose certificate is of the CA of the API server, and of a SOCKS5
   * proxy. They lead to the API server whatever they are asked for.
   */
  readonly proxy: string;
  readonly secureProxy: string;
  readonly socks: string;
  /** The folder of the files of the case. */
  readonly folder: string;
}

/** A set of files that both kubectl and this service read. */
export interface Case {
  readonly title: string;
  /** Text, or an object that becomes JSON, by the name of the file. A name that ends in `.sh` is executable. */
  readonly files: (world: World) => Readonly<Record<string, unknown>>;
  /** The files in KUBECONFIG, relative to the folder of the case; default: `config`. */
  readonly kubeconfig?: readonly string[];
  readonly context?: string;
  readonly environment?: (world: World) => Readonly<Record<string, string>>;
  /** Whether kubectl refuses the files, which means that no request arrives; default: not said. */
  readonly refused?: boolean;
  /** What the service does, if it is meant to differ from kubectl. The title is in docs/reference/kubeconfigs.md then. */
  readonly differs?: 'refuses' | 'accepts';
}

/** A JSON Web Token that expires at this time, in seconds since 1970. Nobody here checks its signature. */
export function jwt(exp: number): string {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part({ exp })}.c2lnbmF0dXJl`;
}

/** The parts of a kubeconfig that a case changes. */
export interface Parts {
  readonly cluster?: object;
  readonly user?: object | undefined;
  readonly context?: object;
  /** Fields of the file itself. */
  readonly more?: object;
}

/** A kubeconfig with one context, whose API server is that of the world and whose user has a token. */
export function kubeconfig(world: World, { cluster, user, context, more }: Parts = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { ...secure(world), ...cluster } }],
    users: [{ name: 'u', user: user ?? { token: 'secret' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', ...context } }],
    'current-context': 'x',
    ...more,
  };
}

/** The API server of the world, with its CA. */
export function secure({ host, ca }: World): object {
  return { server: `https://${host}`, 'certificate-authority-data': base64(ca) };
}
