import type { JsonObject } from './json.ts';
import type { Named, Stored, StoreEvent } from './store.ts';

/** How the objects of one resource look in the API. */
export interface Resource<F extends Named> {
  readonly kind: string;
  /** The group with its version. */
  readonly apiVersion: string;
  /** An object as JSON, without kind and apiVersion, as in the items of a list. */
  readonly item: (record: Stored<F>) => string;
  /** The metadata of an object, as an item of a PartialObjectMetadataList, JSON. */
  readonly metadataItem: (record: Stored<F>) => string;
  readonly labels: (record: Stored<F>) => JsonObject;
  /** The members of an object without any values, as a bookmark has them. */
  readonly empty: JsonObject;
}

/** One line of a watch, with its newline. */
export function eventLine<F extends Named>(
  { kind, apiVersion, item }: Resource<F>,
  { type, record }: Pick<StoreEvent<F>, 'type' | 'record'>,
): string {
  const object = `{"kind":"${kind}","apiVersion":"${apiVersion}",${item(record).slice(1)}`;
  return `{"type":"${type}","object":${object}}\n`;
}

/** A BOOKMARK, which contains an empty object with only a resourceVersion. */
export function bookmarkLine(
  { kind, apiVersion, empty }: Pick<Resource<Named>, 'kind' | 'apiVersion' | 'empty'>,
  resourceVersion: number,
  initialEventsEnd: boolean,
): string {
  const annotations = initialEventsEnd ? { 'k8s.io/initial-events-end': 'true' } : undefined;
  const metadata = { resourceVersion: String(resourceVersion), annotations };
  return watchLine('BOOKMARK', { kind, apiVersion, metadata, ...empty });
}

export function watchLine(type: string, object: JsonObject): string {
  return `${JSON.stringify({ type, object })}\n`;
}
