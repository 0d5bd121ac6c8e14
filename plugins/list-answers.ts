import type { FastifyInstance, FastifyReply } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { acceptedCodings } from '../src/api/accepted-codings.ts';
import { namedIn } from '../src/api/preconditions.ts';
import { setFreshnessHeaders } from '../src/api/read-freshness.ts';
import type { Reading } from '../src/cluster/cache/reading.ts';
import { CODINGS, type Coding, type Compress, ContentForms } from '../src/lib/content-forms.ts';
import { throttled } from '../src/lib/throttled.ts';

export interface ListAnswersOptions {
  /** For tests: compresses instead of zlib. */
  readonly compress?: Compress;
}

/** How old a list is, and what is missing from it. */
type Freshness = Omit<Reading<unknown>, 'value'>;

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Answers with a list: compressed as the client accepts it, once it is large and its compressed form exists; or with
     * 304 if the client has it. All answers with the same list share one buffer per encoding.
     * @param list JSON, in a buffer that is replaced when the list changes
     * @param freshness undefined: the answer does not tell it
     * @param name names the list over its changes
     * @throws InvalidHeaderError
     */
    sendList(list: Buffer, freshness: Freshness | undefined, name: () => string): FastifyReply;
  }
}

/** A smaller list is sent as it is: it saves less than a packet or two. */
const MIN_BYTES = 8 * 1024;
const AS_IT_IS = ['identity'] as const;

/** Adds `reply.sendList`, which compresses lists and answers conditional reads. */
export default fastifyPlugin(
  function listAnswersPlugin(app: FastifyInstance, { compress }: ListAnswersOptions, done) {
    const warn = throttled((line) => app.log.error(line, 'a list could not be compressed'));
    const forms = new ContentForms((err, coding) => warn({ err, coding }), compress);
    app.addHook('onClose', () => forms.close());
    app.decorateReply('sendList', function (this: FastifyReply, list, freshness, name) {
      const { 'accept-encoding': acceptEncoding, 'if-none-match': ifNoneMatch } = this.request.headers;
      const hash = forms.hash(list);
      const tagOf = (coding: Coding | 'identity') => (coding === 'identity' ? hash : `${hash}.${coding}`);
      const accepted = list.length > MIN_BYTES ? acceptedCodings(acceptEncoding, CODINGS) : AS_IT_IS;
      const isNamed = namedIn(ifNoneMatch);
      if (freshness !== undefined) setFreshnessHeaders(this, freshness);
      this.header('vary', 'Accept-Encoding');

      // The client may have the list in any encoding that it accepts, even in one that does not exist at the moment.
      const had = accepted.find((coding) => isNamed(tagOf(coding)));
      if (had !== undefined)
        return this.header('etag', `"${tagOf(had)}"`)
          .code(304)
          .send();

      const [best] = accepted;
      const compressed = best === 'identity' ? undefined : forms.compressed(list, best, name);
      if (compressed !== undefined) this.header('content-encoding', best);
      return this.header('etag', `"${tagOf(compressed === undefined ? 'identity' : best)}"`)
        .header('content-type', 'application/json; charset=utf-8')
        .send(compressed ?? list);
    });
    done();
  },
  { name: 'list-answers', fastify: '5.x' },
);
