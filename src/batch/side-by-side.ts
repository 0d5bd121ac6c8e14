import { pauses } from '../lib/slices.ts';

/** How many items of one cluster are under way at a time. */
const AT_A_TIME = 8;

/**
 * Does something with each item, in their order within each cluster: 8 of a cluster at a time, and all clusters at once. In
 * between it lets the event loop turn.
 * @param act must not throw, because the other items would go on
 * @returns the results in the order of the items
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  clusterOf: (item: Item) => string,
  act: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const byCluster = Map.groupBy(items.entries(), ([, item]) => clusterOf(item));
  const pause = pauses();
  const workers = [...byCluster.values()].flatMap((entries) => {
    // The workers of a cluster share one iterator: each takes the next item when it is done with one.
    const left = entries.values();
    const work = async () => {
      for (const [at, item] of left) {
        results[at] = await act(item);
        await pause();
      }
    };
    return Array.from({ length: Math.min(AT_A_TIME, entries.length) }, work);
  });
  await Promise.all(workers);
  return results;
}
