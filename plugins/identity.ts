import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { CertificateUnusableError, ClientNotAllowedError, IdentityReservedError } from '../src/api/errors.ts';
import type { Identity, RefusalReason } from '../src/tls/certificate-identity.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * The identity of the caller. It throws if the client is refused, which cannot happen after the onRequest hooks.
     */
    readonly identity: Identity;
  }
}

const REFUSALS: Record<RefusalReason, () => Error> = {
  unusable: () => new CertificateUnusableError(),
  reserved: () => new IdentityReservedError(),
  notAllowed: () => new ClientNotAllowedError(),
};

/** Refuses all requests of a client whose certificate does not identify an accepted client. */
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
