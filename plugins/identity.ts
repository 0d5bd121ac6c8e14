import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { CertificateUnusableError, ClientNotAllowedError, IdentityReservedError } from '../src/api/errors.ts';
import type { Identity, IdentityRefusal } from '../src/tls/certificate-identity.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; past the onRequest hooks there is always somebody. */
    readonly identity: Identity;
  }
}

const REFUSALS: Record<IdentityRefusal, () => Error> = {
  unusable: () => new CertificateUnusableError(),
  reserved: () => new IdentityReservedError(),
  notAllowed: () => new ClientNotAllowedError(),
};

/** Refuses every request, whatever its path, of a client whose certificate names nobody that may come in. */
export default fastifyPlugin(
  function identityPlugin(app: FastifyInstance, _options, done) {
    app.decorateRequest('identity', {
      getter() {
        const { identity } = this.clientConnection;
        if (typeof identity === 'string') throw REFUSALS[identity]();
        return identity;
      },
    });
    app.addHook('onRequest', (request, _reply, next) => {
      const { identity } = request.clientConnection;
      next(typeof identity === 'string' ? REFUSALS[identity]() : undefined);
    });
    done();
  },
  { name: 'identity', dependencies: ['connections'], fastify: '5.x' },
);
