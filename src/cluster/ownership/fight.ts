import type { CountChange } from './count-history.ts';

/** Two managers who set the count of a Deployment in turn. */
export interface Fight {
  /** Their names, in the order in which they began. */
  readonly between: readonly [string, string];
  /** How often the count has passed from one to the other. */
  readonly switches: number;
  /** When the change was made from which it passed first, in seconds since 1970. */
  readonly since: number;
  /** When it passed last. */
  readonly lastAt: number;
}

/** This many switches between two managers within this time are a fight. It is over after the same time without one. */
const MIN_SWITCHES = 3;
const FIGHT_SECONDS = 10 * 60;

/** @param at a time in seconds since 1970 */
export function isOver({ lastAt }: Fight, at: number): boolean {
  return at - lastAt >= FIGHT_SECONDS;
}

/**
 * The fight on a Deployment after a change. It is `known` if that is still the latest one, and has the same `between` if
 * the change continues it. A change whose manager is not known takes no side: one of the two may have made it.
 * @param changes the change and those before it, newest first
 * @param known the latest fight before the change
 */
export function fightAfter(changes: readonly CountChange[], known: Fight | undefined): Fight | undefined {
  const [newest, previous] = changes.filter(({ manager }) => manager !== undefined);
  if (newest === undefined || newest !== changes[0] || newest.manager === previous?.manager) return known;
  const continues =
    known && !isOver(known, newest.at) && [newest, previous].every((change) => isBy(known, change));
  if (continues) return { ...known, switches: known.switches + 1, lastAt: newest.at };
  return alternation(changes, newest) ?? known;
}

function isBy({ between }: Fight, change: CountChange | undefined): boolean {
  return change?.manager !== undefined && between.includes(change.manager);
}

/** The fight that the last changes are, if they are by two managers only and pass often enough between them. */
function alternation(changes: readonly CountChange[], newest: CountChange): Fight | undefined {
  const managers: string[] = [];
  let switches = 0;
  let later: CountChange | undefined;
  let since = newest.at;
  for (const change of changes) {
    const { manager, at } = change;
    if (newest.at - at > FIGHT_SECONDS) break;
    if (manager === undefined) continue;
    if (!managers.includes(manager)) managers.push(manager);
    if (managers.length > 2) break;
    if (later !== undefined && later.manager !== manager) {
      switches += 1;
      since = at;
    }
    later = change;
  }
  const [a, b] = managers;
  if (switches < MIN_SWITCHES || a === undefined || b === undefined) return undefined;
  return { between: switches % 2 === 1 ? [b, a] : [a, b], switches, since, lastAt: newest.at };
}
