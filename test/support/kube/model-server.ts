import type { KubeRequest } from '../../../src/kube/client/kube-client.ts';
import { KubeStatusError, KubeUnreachableError } from '../../../src/kube/kube-errors.ts';
import {
  bookmarkLine,
  errorLine,
  eventLine,
  initialLines,
  listPage,
  type Widget,
  widget,
} from './objects.ts';
import { WATCH_LIST_IS_OFF } from './scripted-api.ts';

export const FAULTS = [
  'none',
  'refused',
  'unauthorized',
  'forbidden',
  'busy',
  'gone',
  'too large',
  'not JSON',
  'cut off',
  'repeated events',
  'broken line',
  'ends with 410',
  'ends with 401',
  'backwards',
  'starts over',
  'forgets',
  'no initial events',
  'ignores initial events',
] as const;

/** The events around one request: some widgets change before it, and then a fault may occur. */
export interface Turn {
  readonly changes: readonly { readonly name: string; readonly size: number }[];
  readonly fault: (typeof FAULTS)[number];
}

const STATUS: Partial<Record<Turn['fault'], Error>> = {
  refused: new KubeUnreachableError(false, 'connect ECONNREFUSED'),
  unauthorized: new KubeStatusError(401, 'Unauthorized', 'Unauthorized'),
  forbidden: new KubeStatusError(403, 'Forbidden', 'forbidden'),
  busy: new KubeStatusError(429, 'TooManyRequests', 'busy', 1),
  gone: new KubeStatusError(410, 'Expired', 'too old resource version'),
  'too large': new KubeStatusError(504, 'Timeout', 'Too large resource version'),
};

const PAGE = 2;

/**
 * Keeps widgets as an API server does, with a history and lists in pages, and makes the given faults. Its
 * watches end after the last known event. Once its turns are over, it makes no more faults.
 */
export class ModelServer {
  readonly #turns: Turn[];
  readonly #state = new Map<string, Widget>();
  readonly #history: { readonly version: number; readonly line: string }[] = [];
  readonly #snapshots = new Map<string, { readonly items: readonly Widget[]; readonly version: string }>();
  #version = 1;
  /** Watches from an earlier version are answered 410. */
  #oldest = 1;

  constructor(turns: readonly Turn[]) {
    this.#turns = [...turns];
  }

  /** The content, in the form of `Mirror.content`. */
  get content(): string[] {
    return [...this.#state.values()].map((item) => `default/${item.name}@${item.resourceVersion}`).sort();
  }

  readonly respond = ({ query }: KubeRequest): unknown => {
    const { changes, fault } = this.#turns.shift() ?? { changes: [], fault: 'none' };
    for (const { name, size } of changes) this.#change(name, size);
    if (fault === 'forgets') this.#oldest = this.#version;
    if (fault === 'not JSON') return query?.watch ? 'Service Unavailable\n' : 'Service Unavailable';
    const error = STATUS[fault];
    if (error !== undefined) return error;
    if (query?.sendInitialEvents) return this.#initialEvents(fault);
    return query?.watch ? this.#watch(Number(query.resourceVersion), fault) : this.#page(query ?? {});
  };

  /** A watch with initial events and no later events. */
  #initialEvents(fault: Turn['fault']): unknown {
    const items = [...this.#state.values()];
    const version = String(this.#version);
    const state = initialLines(items, version);
    switch (fault) {
      case 'no initial events':
        return WATCH_LIST_IS_OFF;
      case 'ignores initial events':
        return items.map((item) => eventLine('ADDED', item)).join('') + bookmarkLine(version);
      case 'cut off':
        return state.slice(0, -10);
      case 'broken line':
        return `{"type":\n${state}`;
      case 'ends with 410':
        return errorLine(410, 'too old resource version');
      default:
        return state;
    }
  }

  /** Sets a size, or deletes the widget if the size is 0 and it exists. */
  #change(name: string, size: number): void {
    this.#version += 1;
    const known = this.#state.get(name);
    const uid = known?.uid ?? `uid-${this.#version}`;
    const item = widget(name, String(this.#version), { size, uid });
    const deleted = known !== undefined && size === 0;
    if (deleted) this.#state.delete(name);
    else this.#state.set(name, item);
    const type = deleted ? 'DELETED' : known === undefined ? 'ADDED' : 'MODIFIED';
    this.#history.push({ version: this.#version, line: eventLine(type, item) });
  }

  #page({ limit, continue: token }: NonNullable<KubeRequest['query']>) {
    const [id = '', from = '0'] = token === undefined ? [] : String(token).split(':');
    const snapshot = this.#snapshots.get(id) ?? {
      items: [...this.#state.values()],
      version: String(this.#version),
    };
    this.#snapshots.set(snapshot.version, snapshot);
    const end = limit === undefined ? snapshot.items.length : Number(from) + PAGE;
    const next = end < snapshot.items.length ? `${snapshot.version}:${end}` : undefined;
    return listPage(snapshot.items.slice(Number(from), end), snapshot.version, next);
  }

  #watch(from: number, fault: Turn['fault']): unknown {
    if (from < this.#oldest) return STATUS.gone;
    const lines = this.#history.filter(({ version }) => version > from).map(({ line }) => line);
    switch (fault) {
      case 'cut off':
        return lines.join('').slice(0, -10);
      case 'repeated events':
        return lines.flatMap((line) => [line, line]).join('');
      case 'broken line':
        return [...lines.slice(0, 1), '{"type":\n', ...lines.slice(1)].join('');
      case 'ends with 410':
        return lines.join('') + errorLine(410, 'too old resource version');
      case 'ends with 401':
        return lines.join('') + errorLine(401, 'Unauthorized');
      case 'backwards':
        return lines.reverse().join('');
      case 'starts over':
        return this.#history.map(({ line }) => line).join('');
      default:
        return lines.join('');
    }
  }
}
