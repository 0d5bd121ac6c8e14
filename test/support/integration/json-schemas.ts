import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { arrayAt, at, type KubeRequests, textAt } from '../kube-requests.ts';

const PREFIX = '#/definitions/';

/** Types whose OpenAPI schema differs from what the API server accepts. */
const SPECIAL: Record<string, unknown> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: ['string', 'integer'] },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: ['string', 'number'] },
};

/**
 * Writes the schemas of the kinds of an API server into a folder, in the form that kubeconform reads,
 * `<kind>-<group>-<version>.json`. They are strict: a field that the API server does not know is an error.
 */
export async function writeJsonSchemas(kube: KubeRequests, folder: string): Promise<void> {
  const { body } = await kube.get('/openapi/v2', { accept: 'application/json' });
  const definitions = at(body, 'definitions');
  if (typeof definitions !== 'object' || definitions === null)
    throw new Error('no definitions in /openapi/v2');
  const all = new Map<string, unknown>(Object.entries(definitions));
  await mkdir(folder, { recursive: true });
  for (const [name, definition] of all) {
    if (at(definition, 'x-kubernetes-group-version-kind') === undefined) continue;
    const needed: Record<string, unknown> = {};
    collect(name, all, needed);
    for (const gvk of arrayAt(definition, 'x-kubernetes-group-version-kind')) {
      const group = textAt(gvk, 'group').split('.', 1)[0] ?? '';
      const parts = [textAt(gvk, 'kind'), group, textAt(gvk, 'version')].filter((part) => part !== '');
      const schema = { $ref: `${PREFIX}${name}`, definitions: needed };
      await writeFile(join(folder, `${parts.join('-').toLowerCase()}.json`), JSON.stringify(schema));
    }
  }
}

/** Adds a definition and all definitions to which it refers to `needed`, as closed schemas. */
function collect(name: string, all: ReadonlyMap<string, unknown>, needed: Record<string, unknown>): void {
  if (name in needed) return;
  needed[name] = SPECIAL[name] ?? closed(all.get(name));
  for (const [, reference = ''] of JSON.stringify(needed[name]).matchAll(
    /"\$ref":"#\/definitions\/([^"]+)"/g,
  )) {
    collect(reference, all, needed);
  }
}

/** The schema, with `additionalProperties: false` wherever it has properties. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([name]) => !name.startsWith('x-kubernetes'));
  const copy = Object.fromEntries(entries.map(([name, value]) => [name, closed(value)]));
  return 'properties' in copy && !('additionalProperties' in copy)
    ? { ...copy, additionalProperties: false }
    : copy;
}
