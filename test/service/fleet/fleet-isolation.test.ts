import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALL_PLACES } from '../../../src/cluster/call-places.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { CLUSTER_FAULTS, type ClusterFault } from '../../support/fleet/cluster-faults.ts';
import { at } from '../../support/kube-requests.ts';
import { REAL_DEADLINES, TestService } from '../../support/service.ts';
import type { Answer, TestClient } from '../../support/test-client.ts';
import { undisturbed } from '../../support/undisturbed.ts';
import { until } from '../../support/until.ts';

/** One cluster goes bad while callers take all its places; the other must not notice. */
let healthy: FakeApiServer;
let faulty: FakeApiServer;
let service: TestService;
/** Clients whose rights both clusters have been asked about, and who get half of the places each. */
let known: readonly TestClient[];
/** The number of clients whom neither cluster has been asked about. */
let newcomers = 0;

beforeAll(async () => {
  [healthy, faulty] = await Promise.all([FakeApiServer.start(), FakeApiServer.start()]);
  for (const demo of [healthy, faulty])
    demo.roles.allow({ users: ['client'], groups: ['callers'], verbs: ['*'], resources: ['*'] });
  service = await (
    await TestService.start({
      kubeconfig: { healthy: healthy.kubeconfig, faulty: faulty.kubeconfig },
      authorization: 'SubjectAccessReview',
      timing: REAL_DEADLINES,
      // A decision that expired during a fault would be asked for again.
      decisionTimes: { allowedSeconds: 3_600, deniedSeconds: 3_600, outageSeconds: 3_600 },
      injecting: { kind: 'client', user: 'client', groups: [] },
    })
  ).synced();
  known = await Promise.all(['known-1', 'known-2'].map((name) => service.clientOf(name, ['callers'])));
  await readInOneTurn(); // the first request by inject loads code
  for (const client of [service, ...known]) {
    await client.get(FLEET_LIST);
    for (const cluster of ['healthy', 'faulty']) {
      await client.get(countOf(cluster, 'cart'));
      await client.post(countOf(cluster, 'cart'), { replicas: 1 });
    }
  }
});
afterAll(async () => {
  await service?.stop();
  await Promise.all([healthy?.stop(), faulty?.stop()]);
});

const SHOP = ['cart', 'catalog', 'checkout', 'recommendations-batch'];
const FLEET_LIST = '/clusters/deployments?namespace=shop';
const countOf = (cluster: string, name: string, namespace = 'shop') =>
  `/${cluster}/replica-count?namespace=${namespace}&deployment=${name}`;
const write = (cluster: string, name: string, replicas: number) =>
  service.post(countOf(cluster, name), { replicas });
const codeOf = ({ body }: Answer) => at(body, 'code');

function newcomer(): Promise<TestClient> {
  newcomers += 1;
  return service.clientOf(`newcomer-${newcomers}`, ['callers']);
}

/** Calls to the faulty cluster. */
interface Calls {
  /**
   * How many writes and direct reads have been answered, with whatever status. The service gives up a write after 5 s, a
   * direct read after 4 s. It gives up an access review after 2 s, which a busy machine may need before the last check.
   */
  readonly answered: number;
  readonly allAnswered: boolean;
}

/**
 * Makes as many calls of each kind as the faulty cluster has places for: half of them by one client.
 * @param hang whether they arrive at the faulty API server and are not answered
 */
async function takeAllPlaces(hang: boolean): Promise<Calls> {
  const strangers = [await newcomer(), await newcomer()];
  // Handshakes would use up the time in which none of the calls may be answered.
  await Promise.all([...known, ...strangers].map(openConnections));
  // Another count each time: a write of the present one would only be a read.
  const replicas = 100 + newcomers;
  const calls = [
    ...callsOf(CALL_PLACES.writes, known, (client) => client.post(countOf('faulty', 'cart'), { replicas })),
    // Reads of the same Deployment would share a place.
    ...callsOf(CALL_PLACES.directReads, known, (client, name) =>
      client.get(`${countOf('faulty', name)}&maxAge=0`),
    ),
  ];
  // The reviews come last: once a few have timed out, further calls are refused at once.
  if (hang)
    await until(
      () =>
        faulty.requests.count('patchScale') >= CALL_PLACES.writes &&
        faulty.requests.count('get') >= CALL_PLACES.directReads,
    );
  const reviewed = callsOf(CALL_PLACES.reviews, strangers, (client, name) =>
    client.get(countOf('faulty', 'cart', name)),
  );
  const [answers, reviewedAnswers] = [answersOf(calls), answersOf(reviewed)];
  return {
    get answered() {
      return answers.count;
    },
    get allAnswered() {
      return answers.count === calls.length && reviewedAnswers.count === reviewed.length;
    },
  };
}

/** Counts the answers. Calls fail when the service is stopped. */
function answersOf(calls: readonly Promise<Answer>[]): { readonly count: number } {
  const answers = { count: 0 };
  for (const call of calls)
    call.then(
      () => {
        answers.count += 1;
      },
      () => {},
    );
  return answers;
}

/** As many calls as there are places, in turns by these two clients; each is given another name. */
function callsOf(
  places: number,
  clients: readonly TestClient[],
  call: (client: TestClient, name: string) => Promise<Answer>,
): Promise<Answer>[] {
  const numbers = Array.from({ length: places / clients.length }, (_, index) => index);
  return clients.flatMap((client, index) => numbers.map((number) => call(client, `name-${index}-${number}`)));
}

/** Opens as many connections as a client needs for its half of the writes and of the direct reads. */
function openConnections(client: TestClient): Promise<unknown> {
  return Promise.all(
    Array.from({ length: (CALL_PLACES.writes + CALL_PLACES.directReads) / 2 }, () => client.get('/healthz')),
  );
}

/** Resolves once a call for each place has arrived at the faulty API server, which answers none. */
async function expectAllHang(calls: Calls): Promise<void> {
  await until(() => faulty.requests.count('review') >= CALL_PLACES.reviews);
  expect(calls.answered).toBe(0);
}

/** The status of a read of the healthy cluster, unless it took more than one turn of the event loop. */
function readInOneTurn(): Promise<number | undefined> {
  return new Promise((resolve) => {
    let status: number | undefined;
    setImmediate(async () => {
      status = (await service.app.inject(countOf('healthy', 'cart'))).statusCode;
    });
    // It runs in the same turn: before it come promises that are settled, and neither I/O nor timers.
    setImmediate(() => resolve(status));
  });
}

/** Writes to the healthy cluster. @returns how many calls to the faulty one were answered when the PATCH arrived */
async function answeredAtPatch(calls: Calls): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const action = () => resolve(calls.answered);
  healthy.faults.add({ on: 'patchScale', times: 1, fault: { type: 'call', action } });
  expect((await write('healthy', 'catalog', newcomers)).status).toBe(200);
  return promise;
}

/** The list of all clusters, for somebody whom neither has been asked about, has an error in place of the faulty one. */
async function expectErrorOfOne(): Promise<void> {
  expect(await (await newcomer()).get(FLEET_LIST)).toMatchObject({
    status: 200,
    body: {
      clusters: [
        { name: 'healthy', deployments: SHOP.map((name) => `shop/${name}`) },
        { name: 'faulty', error: { code: 'AUTHORIZER_UNAVAILABLE' } },
      ],
    },
  });
}

/** Of many writes at once, one at most is tried: the others are refused, and told when to come back. */
async function expectFailingFast(): Promise<Promise<void>[]> {
  const answers: Answer[] = [];
  const burst = Array.from({ length: 50 }, async () => void answers.push(await write('faulty', 'cart', 1)));
  await until(() => answers.length >= 49);
  for (const { status, headers, body } of answers.slice(0, 49)) {
    expect({ status, body }).toMatchObject({ status: 503, body: { code: 'KUBERNETES_UNREACHABLE' } });
    expect(headers['retry-after']).toMatch(/^[123]$/);
  }
  return burst;
}

/** Resolves once the faulty cluster takes writes, shows what others change, and counts as ready. */
async function recovery(): Promise<void> {
  await until(async () => (await write('faulty', 'cart', 1)).status === 200);
  const replicas = 10 + newcomers;
  faulty.deployments.scale('default', 'my-deployment', replicas);
  const path = countOf('faulty', 'my-deployment', 'default');
  await until(async () => at((await service.get(path)).body, 'replicaCount') === replicas);
  await until(async () => (await stateOfFaulty()) === 'ready');
}

async function stateOfFaulty(): Promise<unknown> {
  return at((await service.get('/clusters')).body, 'clusters.1.state');
}

/** Lets the cluster go bad, checks that callers of the other do not notice, and lets it recover. */
async function play(fault: ClusterFault): Promise<void> {
  const hang = fault.code === undefined;
  let burst: Promise<void>[] = [];
  const end = await fault.begin({ service, healthy, faulty });
  try {
    if (!hang) await until(async () => codeOf(await write('faulty', 'cart', 1)) === fault.code);
    faulty.requests.clear();
    const calls = await takeAllPlaces(hang);
    if (hang) await expectAllHang(calls);
    expect(await readInOneTurn()).toBe(200);
    const answered = await answeredAtPatch(calls);
    if (hang) expect(answered).toBe(0);
    await expectErrorOfOne();
    // Who is known is shown what the cache holds.
    expect(at((await service.get(FLEET_LIST)).body, 'clusters.1.deployments')).toHaveLength(4);
    if (fault.dead) {
      await until(async () => calls.allAnswered && (await stateOfFaulty()) === 'unreachable');
      burst = await expectFailingFast();
    }
  } finally {
    await end();
    healthy.faults.clear();
    await recovery();
  }
  await Promise.all(burst);
}

describe('a cluster that is', { timeout: 300_000 }, () => {
  it.each(CLUSTER_FAULTS)(
    '$name does not make callers of the other wait, and comes back by itself',
    (fault) =>
      // A pause of this process would use up the time in which none of the calls may be answered.
      undisturbed(1_000, () => play(fault)),
  );
});
