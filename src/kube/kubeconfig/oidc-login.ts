import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { isObject, parseJson } from '../json.ts';
import type { UserFields } from './kubeconfig-file.ts';

/** How long the issuer may take to renew a token. */
const DEADLINE_MS = 15_000;
/** A token is renewed this long before it expires, because it must outlive the request. */
const EXPIRY_MARGIN_MS = 10_000;

/**
 * The login by OpenID Connect (`auth-provider: {name: oidc}`): the id-token, which client-node renews with the
 * refresh-token once it expires. Unlike kubectl it does not write the new tokens into the kubeconfig.
 */
export class OidcLogin {
  /** The fields of the kubeconfig; client-node replaces the tokens in it. */
  readonly #config: Record<string, string>;
  #renewing: Promise<string> | undefined;

  constructor(provider: NonNullable<UserFields['auth-provider']>) {
    this.#config = { ...provider.config };
  }

  /** The current id-token. @throws Error if it has expired and cannot be renewed */
  async token(): Promise<string> {
    const token = this.#config['id-token'];
    if (token !== undefined && Date.now() < expiryOf(token) - EXPIRY_MARGIN_MS) return token;
    this.#renewing ??= withDeadline(this.#renew()).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renew(): Promise<string> {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'oidc', server: 'https://unused', skipTLSVerify: false },
      { name: 'oidc', authProvider: { name: 'oidc', config: this.#config } },
    );
    const options: RequestOptions = { headers: {} };
    await config.applyToHTTPSOptions(options);
    const token = this.#config['id-token'];
    if (token === undefined || Date.now() >= expiryOf(token))
      throw new Error('the id-token has expired, and the issuer has given no new one');
    return token;
  }
}

async function withDeadline(renewal: Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const error = new Error(`the issuer did not renew the id-token within ${DEADLINE_MS / 1000} s`);
    timer = setTimeout(() => reject(error), DEADLINE_MS);
  });
  return await Promise.race([renewal, deadline]).finally(() => clearTimeout(timer));
}

/** When a JSON Web Token expires, in milliseconds since 1970; 0: it is none, so nobody knows. */
function expiryOf(token: string): number {
  try {
    const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return isObject(claims) && typeof claims.exp === 'number' ? claims.exp * 1000 : 0;
  } catch {
    return 0;
  }
}
