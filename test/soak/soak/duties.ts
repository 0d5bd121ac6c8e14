import { setTimeout as sleep } from 'node:timers/promises';
import { arrayAt, at, textAt } from '../../support/kube-requests.ts';
import type { Answered, Asked, User } from './clients.ts';
import { FIXED_REPLICAS, namespace, ROLLOUTS, TENTHS } from './cluster.ts';
import type { Ledger, NotedWrite } from './ledger.ts';
import type { Soak } from './soak.ts';

/** How much older than its Age an answer may be: an event may wait in the socket of a busy process. */
const AGE_SLACK_MS = 1_000;
/** The service remembers 2,000 URLs that were answered from memory, and 1,000 query strings. */
const WARMING_READS = 2_500;
/** Codes that say that nothing was changed. */
const NOT_MADE = [
  'AUTHORIZER_UNAVAILABLE',
  'CLUSTER_BUSY',
  'FORBIDDEN',
  'KUBERNETES_RATE_LIMITED',
  'KUBERNETES_TIMEOUT',
  'KUBERNETES_UNREACHABLE',
  'PRECONDITION_FAILED',
  'SERVICE_FORBIDDEN',
];
const get = (path: string): Asked => ({ method: 'GET', path });
const set = (ledger: Ledger, replicas: number, query = ''): Asked => ({
  method: 'POST',
  path: `${countPath(ledger)}${query}`,
  body: { replicas },
});
const countPath = ({ namespace: ns, name }: Pick<Ledger, 'namespace' | 'name'>) =>
  `/replica-count?namespace=${ns}&deployment=${name}`;

/** One kind of work that a client does, with its share of all work. */
interface Duty {
  readonly share: number;
  readonly work: (duties: Duties) => Promise<unknown>;
}

/** What the clients do all the time. Each answer is checked against what it has to be. */
const DUTIES: readonly Duty[] = [
  { share: 25, work: (duties) => duties.readCount('count', '') },
  { share: 6, work: (duties) => duties.readCount('count, maxAge=0', '&maxAge=0') },
  { share: 5, work: (duties) => duties.readState() },
  { share: 4, work: (duties) => duties.list() },
  { share: 4, work: (duties) => duties.listOfTenant() },
  { share: 4, work: (duties) => duties.listByLabel() },
  { share: 3, work: (duties) => duties.states() },
  { share: 2, work: (duties) => duties.ask('changes', get('/deployments/soak-churn/churned-0/changes')) },
  { share: 2, work: (duties) => duties.ask('limits', get('/limits?namespace=soak-0&deployment=fixed-0')) },
  { share: 1, work: (duties) => duties.ask('clusters', get('/clusters')) },
  { share: 1, work: (duties) => duties.ask('health', get('/healthz')) },
  { share: 1, work: (duties) => duties.ask('files', get('/docs/')) },
  { share: 8, work: (duties) => duties.write() },
  { share: 2, work: (duties) => duties.conditionalWrite() },
  { share: 2, work: (duties) => duties.dryRun() },
  { share: 1, work: (duties) => duties.parkAndRestore() },
  { share: 1, work: (duties) => duties.wait() },
  { share: 1, work: (duties) => duties.waitInVain() },
  { share: 4, work: (duties) => duties.denied() },
  { share: 2, work: (duties) => duties.wrong() },
];

/** The work of the clients of a soak. */
export class Duties {
  readonly #soak: Soak;
  /** Deployments that a client writes right now. */
  readonly #taken = new Set<Ledger | string>();

  constructor(soak: Soak) {
    this.#soak = soak;
  }

  /** Sends more different reads than the service remembers, so that this store is full before memory is measured. */
  async warm(): Promise<void> {
    const [ledger] = this.#soak.cluster.counted;
    if (ledger === undefined) return;
    for (let n = 1; n <= WARMING_READS; n += 1)
      await this.ask('different reads', get(`${countPath(ledger)}&minResourceVersion=${n}`));
  }

  /** Does one piece of work, whose kind is drawn. */
  async work(): Promise<void> {
    const total = DUTIES.reduce((sum, { share }) => sum + share, 0);
    let drawn = this.#soak.random.between(1, total);
    for (const { share, work } of DUTIES) {
      drawn -= share;
      if (drawn <= 0) return void (await work(this));
    }
  }

  ask(kind: string, asked: Asked, right?: readonly (string | undefined)[]): Promise<Answered | undefined> {
    return this.#soak.ask(kind, 'operator', asked, right);
  }

  async readCount(kind: string, query: string): Promise<void> {
    const { cluster, random } = this.#soak;
    const ledger = random.chance(0.2) ? cluster.foreign : random.pick(cluster.counted);
    const answer = await this.ask(kind, get(`${countPath(ledger)}${query}`));
    if (answer !== undefined) this.#isTrue(ledger, answer, at(answer.body, 'replicaCount'), query !== '');
  }

  async readState(): Promise<void> {
    const ledger = this.#soak.random.pick(this.#soak.cluster.counted);
    const answer = await this.ask('state', get(`/deployments/${ledger.namespace}/${ledger.name}`));
    if (answer !== undefined) this.#isTrue(ledger, answer, at(answer.body, 'replicas'), false);
  }

  /** All Deployments that always exist have to be in it. */
  async list(): Promise<void> {
    const answer = await this.ask('list', get('/deployments'));
    if (answer === undefined) return;
    const names = new Set(arrayAt(answer.body, 'deployments'));
    const missing = this.#soak.cluster.fixed.filter((name) => !names.has(name));
    this.#soak.check(missing.length === 0, () => `a list lacks ${missing[0]}`);
  }

  /** This client may list one namespace, and must see nothing else. */
  async listOfTenant(): Promise<void> {
    const answer = await this.#soak.ask('list of one namespace', 'tenant', get('/deployments'));
    if (answer === undefined) return;
    const names = arrayAt(answer.body, 'deployments').map(String);
    const wrong = names.filter((name) => !name.startsWith(`${namespace(1)}/`));
    const missing = this.#soak.cluster.fixed.filter(
      (name) => name.startsWith(`${namespace(1)}/`) && !names.includes(name),
    );
    this.#soak.check(wrong.length + missing.length === 0, () => `the tenant sees ${names.join()}`);
  }

  async listByLabel(): Promise<void> {
    const tenth = this.#soak.random.between(0, TENTHS - 1);
    const answer = await this.ask('list by label', get(`/deployments?labelSelector=tenth%3Dt${tenth}`));
    if (answer === undefined) return;
    const right = this.#soak.cluster.fixed.filter((_, index) => index % TENTHS === tenth).toSorted();
    const names = arrayAt(answer.body, 'deployments').map(String).toSorted();
    this.#soak.check(names.join() === right.join(), () => `tenth=t${tenth} selects ${names.join()}`);
  }

  async states(): Promise<void> {
    const ns = namespace(this.#soak.random.between(0, 3));
    const answer = await this.ask('states', get(`/scale?namespace=${ns}`));
    if (answer === undefined) return;
    const items = arrayAt(answer.body, 'items');
    const counts = new Map(items.map((item) => [textAt(item, 'deployment'), at(item, 'replicas')]));
    for (const ledger of this.#soak.cluster.counted)
      if (ledger.namespace === ns) this.#isTrue(ledger, answer, counts.get(ledger.name), false);
    for (const name of this.#soak.cluster.fixed) {
      const [inNamespace, deployment = ''] = name.split('/');
      if (inNamespace !== ns) continue;
      const replicas = counts.get(deployment);
      this.#soak.check(replicas === FIXED_REPLICAS, () => `${name} has ${replicas}`);
    }
  }

  /** After it, a read that asks for at least this change shows it. */
  async write(): Promise<void> {
    await this.#onFree(this.#soak.cluster.counted, async (ledger) => {
      const value = ledger.value + 1;
      const note = ledger.sends(value, performance.now());
      const { answer, right } = await this.#soak.askAnyway('write', 'operator', set(ledger, value));
      settle(note, answer);
      const version = right?.headers['x-resource-version'];
      if (version === undefined) return;
      const asked = get(`${countPath(ledger)}&minResourceVersion=${version}`);
      const read = await this.ask('read after a write', asked);
      const seen = at(read?.body, 'replicaCount');
      if (read !== undefined)
        this.#soak.check(seen === value, () => `${ledger.name} was set to ${value} and read as ${seen}`);
    });
  }

  /** Of two conditions, the wrong one has to be refused. */
  async conditionalWrite(): Promise<void> {
    await this.#onFree(this.#soak.cluster.counted, async (ledger) => {
      const [current, value] = [ledger.value, ledger.value + 1];
      const wrong = set(ledger, value, `&currentReplicas=${current + 7}`);
      const refused = ledger.sends(value, performance.now());
      const first = await this.#soak.askAnyway('conditional write', 'operator', wrong, [
        'PRECONDITION_FAILED',
      ]);
      settle(refused, first.answer);
      if (first.right === undefined || ledger.doubtful) return;
      const note = ledger.sends(value, performance.now());
      const right = set(ledger, value, `&currentReplicas=${current}`);
      const { answer } = await this.#soak.askAnyway('conditional write', 'operator', right);
      settle(note, answer);
    });
  }

  /** It changes nothing: the next fresh read of the ledger would show it. */
  async dryRun(): Promise<void> {
    const ledger = this.#soak.random.pick(this.#soak.cluster.counted);
    await this.ask('dry run', set(ledger, 99_999, '&dryRun=true'));
  }

  /** Takes ten Deployments to 0 with the receipt of a plan, and back. */
  async parkAndRestore(): Promise<void> {
    const { parked } = this.#soak.cluster;
    const lock = 'parked';
    if (this.#taken.has(lock) || parked.some(({ doubtful }) => doubtful)) return;
    this.#taken.add(lock);
    try {
      for (const ledger of parked) if (ledger.value === 0) return await this.#batch(itemsOf(parked, 3), 3);
      const select = { namespace: 'soak-parked' };
      const body = { select, replicas: 0 };
      const plan = await this.ask('plan', { method: 'POST', path: '/scale?dryRun=true', body });
      const receipt = at(plan?.body, 'receipt');
      if (receipt === undefined) return; // what is planned in a fault may not be restorable
      const before = parked.map(({ value }) => value);
      await this.#batch({ receipt }, 0);
      if (parked.every(({ value, doubtful }) => value === 0 && !doubtful))
        await this.#batch({ restore: receipt }, (index) => before[index] ?? 1);
    } finally {
      this.#taken.delete(lock);
    }
  }

  /** Its pods become ready after a while, as a controller would make them. */
  async wait(): Promise<void> {
    await this.#onFreeRollout(async (name) => {
      const ready = sleep(this.#soak.random.between(200, 3_000)).then(() => this.#soak.cluster.rollOut(name));
      const body = { replicas: this.#soak.random.between(1, 1_000) };
      const path = `/replica-count?namespace=soak-rollouts&deployment=${name}&wait=30`;
      await Promise.all([
        ready.catch(() => {}), // the API server is down
        this.ask('wait', { method: 'POST', path, body }, [undefined, 'NOT_READY_IN_TIME']),
      ]);
    });
  }

  async waitInVain(): Promise<void> {
    await this.#onFreeRollout(async (name) => {
      const body = { replicas: this.#soak.random.between(1_001, 2_000) };
      const path = `/replica-count?namespace=soak-rollouts&deployment=${name}&wait=2`;
      await this.ask('wait in vain', { method: 'POST', path, body }, ['NOT_READY_IN_TIME']);
    });
  }

  /** Nobody gets what the roles do not give, whatever happens. */
  async denied(): Promise<void> {
    const { random, cluster } = this.#soak;
    const ledger = random.pick(cluster.counted.filter(({ namespace: ns }) => ns !== namespace(1)));
    const [kind, user, asked] = random.pick<readonly [string, User, Asked]>([
      ['denied write', 'viewer', set(ledger, 77_777)],
      ['denied write', 'tenant', set(ledger, 77_777)],
      ['denied read', 'tenant', get(countPath(ledger))],
      ['denied read', 'stranger', get(countPath(ledger))],
      ['denied list', 'stranger', get('/deployments')],
    ]);
    await this.#soak.ask(kind, user, asked, ['FORBIDDEN']);
  }

  async wrong(): Promise<void> {
    const [asked, code] = this.#soak.random.pick<readonly [Asked, string]>([
      [get(`/replica-count?namespace=soak-0&deployment=missing`), 'DEPLOYMENT_NOT_FOUND'],
      [get('/deployments?labelSelector=a+in+(b'), 'INVALID_QUERY'],
      [get('/nothing/here/at/all'), 'ROUTE_NOT_FOUND'],
      [get('/other/deployments'), 'CLUSTER_NOT_FOUND'],
    ]);
    await this.ask('mistake', asked, [code]);
  }

  /** Sends a batch of all parked Deployments, which makes of each the value that it names. */
  async #batch(body: object, value: number | ((index: number) => number)): Promise<void> {
    const { parked } = this.#soak.cluster;
    const now = performance.now();
    const notes = parked.map((ledger, index) =>
      ledger.sends(typeof value === 'number' ? value : value(index), now),
    );
    const asked = { method: 'POST', path: '/scale', body } as const;
    const { answer, right } = await this.#soak.askAnyway('batch', 'operator', asked);
    const items = right === undefined ? [] : arrayAt(right.body, 'items');
    const outcomes = new Map(items.map((item) => [at(item, 'deployment'), item]));
    for (const [index, note] of notes.entries()) {
      const item = outcomes.get(parked[index]?.name);
      const outcome = at(item, 'outcome');
      if (right === undefined) settle(note, answer);
      else if (outcome === 'set' || outcome === 'unchanged') note.made(answer.endedAt);
      else if (outcome === 'unknown') note.unknown('unknown item');
      else note.notMade(answer.endedAt, String(outcome));
      if (item === undefined || outcome === 'set' || outcome === 'unchanged') continue;
      const text = () => `${JSON.stringify(item)}`;
      this.#soak.note(
        'item of a batch',
        String(at(item, 'code')),
        answer.sentAt,
        answer.endedAt,
        false,
        text,
      );
    }
  }

  /** The count has to be one that was true when the answer was made, or up to its Age before. */
  #isTrue(ledger: Ledger, { headers, sentAt, endedAt }: Answered, count: unknown, isFresh: boolean): void {
    const slackMs = AGE_SLACK_MS + this.#soak.busyMs(sentAt - AGE_SLACK_MS);
    const ageMs = isFresh ? 0 : Number(headers.age ?? 0) * 1000 + slackMs;
    const possible = ledger.possible(sentAt - ageMs, endedAt);
    this.#soak.check(typeof count === 'number' && possible.has(count), () => {
      const age = isFresh ? 'fresh' : `Age ${headers.age}`;
      return `${ledger.namespace}/${ledger.name} was read as ${count} (${age}), possible: ${[...possible].join()}; writes: ${ledger.story}`;
    });
  }

  async #onFree(ledgers: readonly Ledger[], work: (ledger: Ledger) => Promise<void>): Promise<void> {
    const free = ledgers.filter((ledger) => !this.#taken.has(ledger) && !ledger.doubtful);
    if (free.length === 0) return void (await sleep(50));
    const ledger = this.#soak.random.pick(free);
    this.#taken.add(ledger);
    await work(ledger).finally(() => this.#taken.delete(ledger));
  }

  async #onFreeRollout(work: (name: string) => Promise<void>): Promise<void> {
    const name = `rollout-${this.#soak.random.between(0, ROLLOUTS - 1)}`;
    if (this.#taken.has(name)) return;
    this.#taken.add(name);
    await work(name).finally(() => this.#taken.delete(name));
  }
}

function itemsOf(ledgers: readonly Ledger[], replicas: number): object {
  const items = ledgers.map(({ namespace: ns, name }) => ({ namespace: ns, deployment: name, replicas }));
  return { items };
}

/** What the answer says of a write. */
function settle(note: NotedWrite, { code, endedAt }: Answered): void {
  if (code === undefined) note.made(endedAt);
  else if (NOT_MADE.includes(code)) note.notMade(endedAt, code);
  else note.unknown(code);
}
