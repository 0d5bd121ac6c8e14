import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { RESERVED_NAMES } from '../src/fleet/reserved-names.ts';
import { LABEL } from '../src/lib/dns-label.ts';

const CLUSTER_NAME = new RegExp(`^${LABEL}$`);

/**
 * Prevents the start of an app with a route whose path could also be that of a cluster. A cluster may have any name
 * that is not reserved. The reserved names cannot be derived from the routes, because names are checked before routes
 * exist.
 */
export default fastifyPlugin(
  function reservedPathsPlugin(app: FastifyInstance, _options, done) {
    const unreserved = new Set<string>();
    app.addHook('onRoute', ({ url }) => {
      const [, segment = ''] = url.split('/');
      if (CLUSTER_NAME.test(segment) && !RESERVED_NAMES.has(segment)) unreserved.add(segment);
    });
    // Throw here, because Fastify does not pass on an error that an onRoute hook throws.
    app.addHook('onReady', async () => {
      if (unreserved.size === 0) return;
      const names = [...unreserved].join(', ');
      throw new Error(
        `routes begin with names that a cluster could have; add them to src/fleet/reserved-names.ts: ${names}`,
      );
    });
    done();
  },
  { name: 'reserved-paths', fastify: '5.x' },
);
