/**
 * Calls to the API server of one cluster that run at a time, by their kind. No kind waits for another: a flood of writes
 * leaves access reviews their places. The last is for the health probe, with one to spare while a connection is replaced.
 */
export const CALL_PLACES = { reviews: 10, directReads: 8, writes: 16, events: 4, probes: 2 } as const;

/** Calls that wait for a place; the bound holds for each kind but events. */
export const MAX_WAITING_CALLS = 1_000;

/** Each call has a connection of its own. */
export const CALL_CONNECTIONS = Object.values(CALL_PLACES).reduce((sum, places) => sum + places, 0);
