import { readFile } from 'node:fs/promises';
import type { FastifyPluginAsync } from 'fastify';
import { toYaml } from '../src/openapi/document.ts';

/** The page runs and loads nothing but what this service serves. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>k8s-deployment-scaler</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** Without validatorUrl the page would ask a validator on the internet. */
const START = `SwaggerUIBundle({
  dom_id: '#swagger-ui',
  url: '/openapi.json',
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
});
`;

/** Files of Swagger UI that the page needs, with their types. */
const ASSETS = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};
const ASSETS_FOLDER = new URL('./static/', import.meta.resolve('@fastify/swagger-ui'));

/**
 * `GET /openapi.json` and `GET /openapi.yaml`: the API document; `GET /docs`: Swagger UI, to read it and try it.
 * All of it is in memory: the document takes long to make, and a file is a way out of the folder.
 */
const docsRoutes: FastifyPluginAsync = async (app) => {
  let json = Buffer.alloc(0);
  let yaml = json;
  app.addHook('onReady', async () => {
    const document = app.swagger();
    const servers = 'servers' in document ? document.servers : [];
    // First, as Swagger UI takes the first: where the document came from.
    const served = { ...document, servers: [{ url: '/', description: 'This service' }, ...(servers ?? [])] };
    json = Buffer.from(JSON.stringify(served));
    yaml = Buffer.from(toYaml(served));
  });
  app.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(json));
  app.get('/openapi.yaml', (_request, reply) => reply.type('application/yaml; charset=utf-8').send(yaml));

  app.get('/docs', (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', CONTENT_SECURITY_POLICY)
      .header('referrer-policy', 'no-referrer')
      .send(PAGE),
  );
  app.get('/docs/start.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(START));
  for (const [name, type] of Object.entries(ASSETS)) {
    const content = await readFile(new URL(name, ASSETS_FOLDER));
    app.get(`/docs/${name}`, (_request, reply) => reply.type(type).send(content));
  }
};

export default docsRoutes;
