/**
 * How many calls of each kind may run at a time per cluster. No kind waits for another, so a flood of writes does not
 * delay access reviews. `sweeps` are the reviews of lists, one per namespace; one caller gets half of the places, which
 * is enough for 1,000 namespaces within the deadline of a list if a review takes 50 ms. `streams` are the reviews that
 * ask again for the rights of those who follow events. One probe and one review of the service itself may run at the same
 * time.
 */
export const CALL_PLACES = {
  reviews: 10,
  sweeps: 32,
  streams: 4,
  directReads: 8,
  writes: 16,
  events: 4,
  pods: 4,
  probes: 2,
} as const;

/** How many calls of each kind may wait for a place. Events and looks at pods have other limits. */
export const MAX_WAITING_CALLS = 1_000;

/** How many connections calls need, because a connection serves one call at a time. */
export const CALL_CONNECTIONS = Object.values(CALL_PLACES).reduce((sum, places) => sum + places, 0);
