import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { RESERVED_NAMES } from '../src/fleet/reserved-names.ts';
import { LABEL } from '../src/lib/dns-label.ts';

const CLUSTER_NAME = new RegExp(`^${LABEL}$`);

/**
 * Keeps an app from starting whose routes would take the path of a cluster. `/{cluster}` may be any name that is not
 * reserved, and names are checked before there are routes to derive them from.
 */
export default fastifyPlugin(
  function reservedPathsPlugin(app: FastifyInstance, _options, done) {
    const unreserved = new Set<string>();
    app.addHook('onRoute', ({ url }) => {
      const [, segment = ''] = url.split('/');
      if (CLUSTER_NAME.test(segment) && !RESERVED_NAMES.has(segment)) unreserved.add(segment);
    });
    // Not in the other hook: what that throws, Fastify does not pass on to the caller who builds the app.
    app.addHook('onReady', async () => {
      if (unreserved.size === 0) return;
      const names = [...unreserved].join(', ');
      throw new Error(
        `routes begin with names that a cluster may have: reserve them in src/fleet/reserved-names.ts: ${names}`,
      );
    });
    done();
  },
  { name: 'reserved-paths', fastify: '5.x' },
);
