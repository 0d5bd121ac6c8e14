import type { Child } from '../child.ts';

/** The servers that are compared. */
export type SubjectName = 'image' | 'start' | 'bare' | 'nginx';

/** How each is called in the report. */
export const SUBJECT_TITLES: Readonly<Record<SubjectName, string>> = {
  image: 'as shipped',
  start: 'npm start',
  bare: 'bare node:https',
  nginx: 'nginx',
};

/** A server that can be loaded. */
export interface Subject {
  readonly name: SubjectName;
  readonly port: number;
  /** The process that does the work. */
  readonly pid: number;
}

/** A server that needs nothing but its process. */
export class ChildServer implements Subject, AsyncDisposable {
  readonly name: SubjectName;
  readonly port: number;
  readonly #child: Child;

  /** @param child listens on the port already */
  constructor(name: SubjectName, child: Child, port: number) {
    this.name = name;
    this.#child = child;
    this.port = port;
  }

  get pid(): number {
    return this.#child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
