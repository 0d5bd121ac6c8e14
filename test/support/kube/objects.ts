import { isObject, objectAt, stringAt } from '../../../src/kube/json.ts';
import { KubeMalformedError } from '../../../src/kube/kube-errors.ts';
import type { InformerStore } from '../../../src/kube/reflector/informer.ts';
import type { KubeObject } from '../../../src/kube/reflector/reflector.ts';

/** The API path of widgets, the invented objects of these tests. The tested code knows no particular kind. */
export const WIDGETS = '/apis/example.com/v1/widgets';

/** The reduced form of a widget. */
export interface Widget extends KubeObject {
  readonly size: number;
}

/** A reduced widget with the given fields and defaults for the others. */
export function widget(name: string, resourceVersion: string, parts: Partial<Widget> = {}): Widget {
  return { namespace: 'default', name, uid: `uid-of-${name}`, resourceVersion, size: 1, ...parts };
}

/** Reduces an API object to a widget. */
export function reduceWidget(object: unknown): Widget {
  if (!isObject(object)) throw new KubeMalformedError('a widget is not an object');
  const metadata = objectAt(object, 'metadata');
  return {
    namespace: stringAt(metadata, 'namespace'),
    name: stringAt(metadata, 'name'),
    uid: stringAt(metadata, 'uid'),
    resourceVersion: stringAt(metadata, 'resourceVersion'),
    size: Number(objectAt(object, 'spec').size),
  };
}

/** The widget as an object of the API. */
export function apiObject({ namespace, name, uid, resourceVersion, size }: Widget) {
  return { metadata: { namespace, name, uid, resourceVersion }, spec: { size } };
}

/** Holds widgets by namespace and name. */
export class WidgetStore implements InformerStore<Widget> {
  #widgets = new Map<string, Widget>();

  get size(): number {
    return this.#widgets.size;
  }

  get(namespace: string, name: string): Widget | undefined {
    return this.#widgets.get(`${namespace}/${name}`);
  }

  values(): Iterable<Widget> {
    return this.#widgets.values();
  }

  upsert(item: Widget): void {
    this.#widgets.set(`${item.namespace}/${item.name}`, item);
  }

  remove({ namespace, name }: Widget): void {
    this.#widgets.delete(`${namespace}/${name}`);
  }

  replace(items: readonly Widget[]): void {
    this.#widgets = new Map(items.map((item) => [`${item.namespace}/${item.name}`, item]));
  }
}

/** One page of a list. `next` is its continue token. */
export function listPage(items: readonly Widget[], resourceVersion: string, next?: string) {
  return {
    metadata: { resourceVersion, ...(next === undefined ? {} : { continue: next }) },
    items: items.map(apiObject),
  };
}

/** A line of a watch. */
export function eventLine(type: 'ADDED' | 'MODIFIED' | 'DELETED', item: Widget): string {
  return `${JSON.stringify({ type, object: apiObject(item) })}\n`;
}

export function bookmarkLine(resourceVersion: string): string {
  return `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion } } })}\n`;
}

/** The bookmark at the end of initial events. */
export function endLine(resourceVersion: string): string {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  return `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion, annotations } } })}\n`;
}

/** The start of a watch with initial events for this whole state. */
export function initialLines(items: readonly Widget[], resourceVersion: string): string {
  return items.map((item) => eventLine('ADDED', item)).join('') + endLine(resourceVersion);
}

export function errorLine(code: number, message: string): string {
  return `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code, message } })}\n`;
}
