import type { Deployments } from './deployments.ts';

/** What a parent process can order by IPC. */
export type Order =
  /** Scale this many Deployments a second, one after the other, until the next such order. 0 stops that. */
  | { readonly changesPerSecond: number }
  /** Scale one Deployment. The answer is a `Sent`. */
  | { readonly scale: { readonly namespace: string; readonly name: string; readonly replicas: number } };

/** The answer to an order to scale. */
export interface Sent {
  /** The monotonic clock of the machine, in ms, just before the change. Watches send their event within that turn. */
  readonly sentAtMs: number;
}

const TICK_MS = 5;

/** Carries out the orders of the parent process. */
export function followOrders(deployments: Deployments): void {
  let changes: NodeJS.Timeout | undefined;
  process.on('message', (order: Order) => {
    if ('scale' in order) {
      const sentAtMs = monotonicMs();
      const { namespace, name, replicas } = order.scale;
      deployments.scale(namespace, name, replicas);
      process.send?.({ sentAtMs } satisfies Sent);
      return;
    }
    clearInterval(changes);
    if (order.changesPerSecond > 0) changes = scaleSteadily(deployments, order.changesPerSecond);
  });
  process.once('disconnect', () => clearInterval(changes));
}

/** Scales all Deployments in turn up and down by one. Late ticks are made up for. */
function scaleSteadily(deployments: Deployments, perSecond: number): NodeJS.Timeout {
  const names = deployments.list().map(({ namespace, name }) => ({ namespace, name }));
  const startedAt = performance.now();
  let made = 0;
  return setInterval(() => {
    const due = ((performance.now() - startedAt) / 1_000) * perSecond;
    for (; made < due; made += 1) {
      // A prime step goes through all namespaces instead of staying in one.
      const { namespace = '', name = '' } = names[(made * 7_919) % names.length] ?? {};
      const { replicas = 0 } = deployments.get(namespace, name) ?? {};
      deployments.scale(namespace, name, replicas % 2 === 0 ? replicas + 1 : replicas - 1);
    }
  }, TICK_MS);
}

/** A clock that all processes of the machine share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
