import type { FastifyPluginCallback } from 'fastify';
import { RouteNotFoundError } from '../src/api/errors.ts';
import { pageFiles } from '../src/api/page-files.ts';
import { HTML_HEADERS, StaticFile } from '../src/api/static-file.ts';

/** Any client with a usable certificate may read the page. What it shows is read with the rights of the client. */
const OPEN = { config: { rights: 'none' } } as const;

/**
 * `GET /` serves the page, and `GET /docs/page/...` its modules and styles. All content is in memory, so no path of a
 * request can lead to another file. It is read when the first client asks, because most instances never serve it.
 */
const pageRoutes: FastifyPluginCallback = (app, _options, done) => {
  let files: Map<string, StaticFile> | undefined;
  const fileAt = (path: string) => {
    files ??= new Map(
      [...pageFiles()].map(([name, { type, content }]) => [name, new StaticFile(type, () => content)]),
    );
    const file = files.get(path);
    if (file === undefined) throw new RouteNotFoundError(`/docs/page/${path}`);
    return file;
  };

  app.get('/', OPEN, (request, reply) => fileAt('index.html').send(request, reply.headers(HTML_HEADERS)));
  app.get<{ Params: { '*': string } }>('/docs/page/*', OPEN, (request, reply) =>
    fileAt(request.params['*']).send(request, reply),
  );
  done();
};

export default pageRoutes;
