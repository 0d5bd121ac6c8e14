import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { toYaml } from '../src/api/document.ts';
import { HTML_HEADERS, StaticFile } from '../src/api/static-file.ts';

/**
 * The page, for both of its paths. All references are relative, so that they stay below the prefix of a proxy.
 * @param files the folder with its files, relative to the path of the page
 */
const page = (files: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>k8s-deployment-scaler</title>
<link rel="icon" href="${files}favicon-32x32.png">
<link rel="stylesheet" href="${files}swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="${files}swagger-ui-bundle.js"></script>
<script src="${files}start.js"></script>
</body>
</html>
`;
const PAGES = { '/docs': page('docs/'), '/docs/': page('') };

/**
 * The address of the document follows from that of this script, which is the same for both paths of the page.
 * `validatorUrl: null` keeps the page from calling a validator on the internet.
 */
const START = `SwaggerUIBundle({
  dom_id: '#swagger-ui',
  url: new URL('../openapi.json', document.currentScript.src).href,
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
});
`;

/** Any client with a usable certificate may read the API document. */
const OPEN = { config: { rights: 'none' } } as const;

/** Files of Swagger UI that the page needs, with their types. */
const COMPRESSIBLE_ASSETS = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};
const ICON = 'favicon-32x32.png';
const ASSETS_FOLDER = new URL('./static/', import.meta.resolve('@fastify/swagger-ui'));

/**
 * `GET /openapi.json` and `GET /openapi.yaml` serve the API document; `GET /docs` and `GET /docs/` serve Swagger UI.
 * All content is in memory, so no path of a request can lead to another file. The document waits for the first client,
 * because most instances never serve it, and to build it would take a tenth of the time of a start.
 */
const docsRoutes: FastifyPluginAsync = async (app) => {
  const document = once(() => {
    const document = app.swagger();
    const servers = 'servers' in document ? document.servers : [];
    // Swagger UI uses the first server by default, so that must be the one that serves the document. Its URL is relative
    // to that of the document.
    return { ...document, servers: [{ url: '.', description: 'This service' }, ...(servers ?? [])] };
  });
  const json = once(() => Buffer.from(JSON.stringify(document())));
  const yaml = once(() => Buffer.from(toYaml(document())));
  serveCompressed(app, '/openapi.json', 'application/json; charset=utf-8', json);
  serveCompressed(app, '/openapi.yaml', 'application/yaml; charset=utf-8', yaml);

  for (const [url, html] of Object.entries(PAGES)) {
    app.get(url, OPEN, (_request, reply) =>
      reply.type('text/html; charset=utf-8').headers(HTML_HEADERS).send(html),
    );
  }
  app.get('/docs/start.js', OPEN, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(START),
  );
  for (const [name, type] of Object.entries(COMPRESSIBLE_ASSETS)) {
    const content = await readFile(new URL(name, ASSETS_FOLDER));
    serveCompressed(app, `/docs/${name}`, type, () => content);
  }
  const icon = await readFile(new URL(ICON, ASSETS_FOLDER));
  app.get(`/docs/${ICON}`, OPEN, (_request, reply) => reply.type('image/png').send(icon));
};

/** Builds a value when it is first asked for. */
function once<T extends object>(build: () => T): () => T {
  let built: T | undefined;
  return () => {
    built ??= build();
    return built;
  };
}

/** Serves content that does not change, compressed for clients that take gzip. */
function serveCompressed(app: FastifyInstance, url: string, type: string, content: () => Buffer): void {
  const file = new StaticFile(type, content);
  app.get(url, OPEN, (request, reply) => file.send(request, reply));
}

export default docsRoutes;
