import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { CertificateUnusableError, ClientNotAllowedError, IdentityReservedError } from '../src/api/errors.ts';
import type { Identity, RefusalReason } from '../src/tls/certificate-identity.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client who calls; past the onRequest hooks there is always one. */
    readonly identity: Identity;
  }
}

const REFUSALS: Record<RefusalReason, () => Error> = {
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
        if (identity.kind === 'refused') throw REFUSALS[identity.reason]();
        return identity;
      },
    });
    app.addHook('onRequest', (request, _reply, next) => {
      const { identity } = request.clientConnection;
      next(identity.kind === 'refused' ? REFUSALS[identity.reason]() : undefined);
    });
    done();
  },
  { name: 'identity', dependencies: ['connections'], fastify: '5.x' },
);
