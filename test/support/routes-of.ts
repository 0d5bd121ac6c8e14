import type { FastifyInstance } from 'fastify';

/** A line of the route tree that Fastify prints: indented below its parent, with a part of the path and its methods. */
const LINE = /^(?<indent>[│ ]*)[├└]── (?<path>\S+)(?: \((?<methods>[^)]*)\))?$/;
/** Characters of indentation per level. */
const INDENT = 4;

/** Every route of a running app as `GET /path`, sorted. */
export function routesOf(app: FastifyInstance): string[] {
  const parents: string[] = [];
  const routes: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const { indent = '', path = '', methods = '' } = LINE.exec(line)?.groups ?? {};
    const depth = indent.length / INDENT;
    parents[depth] = `${parents[depth - 1] ?? ''}${path}`;
    for (const method of methods.split(', ')) if (method !== '') routes.push(`${method} ${parents[depth]}`);
  }
  return routes.sort();
}
