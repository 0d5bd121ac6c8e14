import { createError, type FastifyError } from '@fastify/error';
import type { RefusedItem } from './error-body.ts';

/** In this order the status of the first kind of refusal is that of the whole batch; others come after them. */
const STATUSES: readonly (number | undefined)[] = [403, 422, 409, 404];

/** An item that may not be set, and the error that it alone would be answered with. */
export interface Refusal {
  readonly item: Omit<RefusedItem, 'code' | 'message'>;
  readonly error: FastifyError;
}

/** A batch that was refused before its first write, because of some of its items. */
export class BatchRefusedError extends Error {
  override readonly name = 'BatchRefusedError';
  /** The error of the whole batch: its code and status are those of the first kind of refusal. */
  readonly answer: FastifyError;
  readonly items: readonly RefusedItem[];

  /**
   * @param refusals at least one
   * @param size how many items the batch has
   */
  constructor(refusals: readonly [Refusal, ...Refusal[]], size: number) {
    const [first, ...others] = refusals;
    const { code, statusCode } = others.reduce(
      (least, { error }) => (rankOf(error) < rankOf(least) ? error : least),
      first.error,
    );
    const counts = Map.groupBy(refusals, ({ error }) => error.code);
    const reasons = [...counts].map(([reason, { length }]) => `${length} ${reason}`).join(', ');
    const message = `Nothing was changed, because ${refusals.length} of ${size} items cannot be set (${reasons}): see items`;
    super(message);
    const Answer = createError<[string]>(code, '%s', statusCode);
    this.answer = new Answer(message);
    this.items = refusals.map(({ item: { cluster, namespace, deployment }, error }) => {
      return { cluster, namespace, deployment, code: error.code, message: error.message };
    });
  }
}

function rankOf({ statusCode }: FastifyError): number {
  const rank = STATUSES.indexOf(statusCode);
  return rank === -1 ? STATUSES.length : rank;
}
