import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './test-client.ts';
import { until } from './until.ts';

/** The pause between two requests of a caller, which leaves CPU time for the subject of the test. */
const PAUSE_MS = 5;

/** Callers that repeat the same request on kept connections. Every answer other than 200 counts as a failure. */
export class SteadyLoad {
  readonly failures: string[] = [];
  readonly #answered: number[];
  readonly #running: Promise<void>[];
  #stopping = false;

  constructor(callers: readonly (() => Promise<Answer>)[]) {
    this.#answered = callers.map(() => 0);
    this.#running = callers.map((call, index) => this.#repeat(call, index));
  }

  /** Resolves once every caller has had this number of further answers. */
  async flowing(answers = 5): Promise<void> {
    const before = [...this.#answered];
    await until(() => this.#answered.every((count, index) => count >= (before[index] ?? 0) + answers));
  }

  /** Stops, and waits for the requests under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  async #repeat(call: () => Promise<Answer>, index: number): Promise<void> {
    while (!this.#stopping) {
      try {
        const { status, body } = await call();
        if (status !== 200) this.failures.push(`${status} ${JSON.stringify(body)}`);
      } catch (error) {
        this.failures.push(String(error));
      }
      this.#answered[index] = (this.#answered[index] ?? 0) + 1;
      await sleep(PAUSE_MS);
    }
  }
}
