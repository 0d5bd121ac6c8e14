import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { acceptedCodings } from '../src/api/accepted-codings.ts';
import { namedIn } from '../src/api/preconditions.ts';
import type { ReadAnswer, ReadHeaders } from '../src/api/read-answer.ts';
import { freshnessHeaders } from '../src/api/read-freshness.ts';
import type { Reading } from '../src/cluster/cache/reading.ts';
import { CODINGS, type Coding, type Compress, ContentForms } from '../src/lib/content-forms.ts';
import { throttled } from '../src/lib/throttled.ts';

export interface ListAnswersOptions {
  /** For tests: compresses instead of zlib. */
  readonly compress?: Compress;
}

/** A list to answer with. */
export interface ListToSend {
  /** JSON, in a buffer that is replaced when the list changes. */
  readonly list: Buffer;
  /** How old it is and what is missing from it; undefined: the answer does not tell. */
  readonly freshness: Omit<Reading<unknown>, 'value'> | undefined;
  /** Names the list over its changes. */
  readonly name: () => string;
}

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * The answer with a list: compressed as the client accepts it, once it is large and its compressed form exists; or
     * 304 if the client has it. All answers with the same list share one buffer per encoding.
     * @throws InvalidHeaderError
     */
    listAnswer(list: ListToSend, headers: ReadHeaders): ReadAnswer;
  }
}

/** A smaller list is sent as it is: it saves less than a packet or two. */
const MIN_BYTES = 8 * 1024;
const AS_IT_IS = ['identity'] as const;

/** Adds `listAnswer`, which compresses lists and answers conditional reads. */
export default fastifyPlugin(
  function listAnswersPlugin(app: FastifyInstance, { compress }: ListAnswersOptions, done) {
    const warn = throttled((line) => app.log.error(line, 'a list could not be compressed'));
    const forms = new ContentForms((err, coding) => warn({ err, coding }), compress);
    app.addHook('onClose', () => forms.close());
    app.decorate('listAnswer', ({ list, freshness, name }, requested) => {
      const hash = forms.hash(list);
      const tagOf = (coding: Coding | 'identity') => (coding === 'identity' ? hash : `${hash}.${coding}`);
      const accepted =
        list.length > MIN_BYTES ? acceptedCodings(requested['accept-encoding'], CODINGS) : AS_IT_IS;
      const isNamed = namedIn(requested['if-none-match']);
      const headers = freshness === undefined ? [] : freshnessHeaders(freshness);
      headers.push('vary', 'Accept-Encoding');

      // The client may have the list in any encoding that it accepts, even in one that does not exist at the moment.
      const had = accepted.find((coding) => isNamed(tagOf(coding)));
      if (had !== undefined) {
        headers.push('etag', `"${tagOf(had)}"`);
        return { headers, body: undefined };
      }

      const [best] = accepted;
      const compressed = best === 'identity' ? undefined : forms.compressed(list, best, name);
      if (compressed !== undefined) headers.push('content-encoding', best);
      headers.push('etag', `"${tagOf(compressed === undefined ? 'identity' : best)}"`);
      return { headers, body: compressed ?? list };
    });
    done();
  },
  { name: 'list-answers', fastify: '5.x' },
);
