import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { DeploymentSeed } from '../../support/fake-apiserver/deployments.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { freePorts } from '../../support/free-ports.ts';
import { Agent, type AgentOptions } from '../../support/mcp/agent.ts';
import { rule } from '../../support/rails.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

const WEB = { namespace: 'shop', deployment: 'web' };
const CART = { namespace: 'shop', deployment: 'cart' };
const DEPLOYMENTS: DeploymentSeed[] = [
  { namespace: 'jobs', name: 'mailer', replicas: 2, marks: { labels: { tier: 'batch' } } },
  { namespace: 'jobs', name: 'report', replicas: 5, marks: { labels: { tier: 'batch' } } },
  { namespace: 'shop', name: 'cart', replicas: 3 },
  { namespace: 'shop', name: 'web', replicas: 3 },
];

let main: FakeApiServer;
let other: FakeApiServer;
let service: TestService;
let folder: string;
/** May do everything, and sets counts. */
let writer: Agent;
/** May read, and sets no counts. */
let reader: Agent;
/** May read, but its server has the tools that write. */
let viewer: Agent;

/** How the certificate of this user calls the service. */
async function envOf(user: string, server = `https://localhost:${service.port}`) {
  const { cert, key } = await service.authority.issue({ commonName: user, usages: ['clientAuth'] });
  const file = async (name: string, content: string) => {
    const path = join(folder, `${user}-${name}`);
    await writeFile(path, content);
    return path;
  };
  return {
    SCALER_SERVER: server,
    SCALER_CERT: await file('cert.pem', cert),
    SCALER_KEY: await file('key.pem', key),
    SCALER_CA: await file('ca.pem', service.authority.cert),
    SCALER_CONFIG: join(folder, 'none.yaml'),
    XDG_STATE_HOME: join(folder, 'state'),
  };
}

function agent(
  env: Record<string, string>,
  flags: readonly string[] = [],
  mode?: AgentOptions['mode'],
): Promise<Agent> {
  return Agent.start({ args: ['src/cli/scaler.ts', 'mcp', ...flags], env, mode });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-test-'));
  main = await FakeApiServer.start({ deployments: DEPLOYMENTS, rolloutDelayMs: 0 });
  // Its Deployments never get their pods.
  other = await FakeApiServer.start({
    deployments: [{ namespace: 'shop', name: 'web', replicas: 1 }],
    rolloutDelayMs: Number.POSITIVE_INFINITY,
  });
  main.autoscalers.add({ namespace: 'shop', name: 'cart', spec: { minReplicas: 2, maxReplicas: 4 } });
  for (const { roles } of [main, other]) {
    roles.allow({ users: ['writer', 'reader'], verbs: ['*'], resources: ['*'] });
    roles.allow({
      users: ['viewer'],
      verbs: ['get', 'list'],
      resources: ['deployments', 'deployments/scale'],
    });
  }
  service = await TestService.start({
    kubeconfig: { main: main.kubeconfig, other: other.kubeconfig },
    authorization: 'SubjectAccessReview',
    rails: { current: [rule('small', { max: 10 })] },
    timing: PATIENT_WRITES,
  });
  await (await service.synced()).autoscalersKnown('shop');
  [writer, reader, viewer] = await Promise.all([
    agent(await envOf('writer'), ['--allow-writes']),
    agent(await envOf('reader')),
    agent(await envOf('viewer'), ['--allow-writes']),
  ]);
});
afterAll(async () => {
  await Promise.all([writer, reader, viewer].map((each) => each.stop()));
  await service.stop();
  await Promise.all([main.stop(), other.stop()]);
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  for (const { namespace, name, replicas = 1 } of DEPLOYMENTS)
    main.deployments.scale(namespace, name, replicas);
  await until(async () => {
    const found = await reader.call('list', { cluster: 'main', phase: 'stable' });
    return JSON.stringify(countsOf(found.content)) === JSON.stringify([2, 5, 3, 3]);
  });
});

function countsOf({ items }: Readonly<Record<string, unknown>>): unknown[] {
  return Array.isArray(items) ? items.map(({ replicas }) => replicas) : [];
}

/** Sets the count in the other cluster, whose pods never come, and waits until the service has it: a wait ends at another one. */
async function scaleOther(replicas: number): Promise<void> {
  other.deployments.scale('shop', 'web', replicas);
  await until(async () => {
    const { content } = await reader.call('state', { cluster: 'other', ...WEB });
    return Object(content.state).replicas === replicas;
  });
}

const countIn = (namespace: string, name: string) => main.deployments.get(namespace, name)?.replicas;

describe('the tools', () => {
  it('take the cluster of --cluster where a call names none', async () => {
    const ofOther = await agent(await envOf('reader'), ['--cluster', 'other']);
    onTestFinished(() => ofOther.stop());
    const { content } = await ofOther.call('list', {});
    expect(content.items).toMatchObject([{ cluster: 'other', ...WEB }]);
  });

  it('that write are listed with --allow-writes only', async () => {
    const names = async ({ client }: Agent) => (await client.listTools()).tools.map(({ name }) => name);
    expect(await names(reader)).toEqual(['list', 'state', 'plan', 'wait']);
    expect(await names(writer)).toEqual(['list', 'state', 'plan', 'wait', 'set', 'park', 'restore']);
  });

  it('that write cannot be called without --allow-writes', async () => {
    await expect(reader.call('set', { ...WEB, replicas: 5 })).rejects.toThrow('set not found');
    expect(countIn('shop', 'web')).toBe(3);
  });

  it('say whether they change counts, and have schemas of what they take and answer', async () => {
    const { tools } = await writer.client.listTools();
    const writes = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true);
    expect(writes.map(({ name }) => name)).toEqual(['set', 'park', 'restore']);
    for (const { annotations } of writes) expect(annotations).toMatchObject({ destructiveHint: true });
    for (const { inputSchema, outputSchema } of tools) {
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(outputSchema).toMatchObject({ type: 'object' });
    }
  });

  it('are the same for agents of the newest protocol', async () => {
    const modern = await agent(await envOf('writer'), [], { mode: { pin: '2026-07-28' } });
    onTestFinished(() => modern.stop());
    expect((await modern.call('state', WEB)).content).toMatchObject({ state: { replicas: 3 } });
  });

  it('refuse a parameter that they do not know, so that a misspelt one is not ignored', async () => {
    const answer = await writer.call('set', { ...WEB, replicas: 5, forced: true });
    expect(answer).toMatchObject({ isError: true, text: expect.stringContaining('forced') });
    expect(countIn('shop', 'web')).toBe(3);
  });

  it('answer the same as text, for agents that read only text', async () => {
    const { text, content } = await reader.call('state', WEB);
    expect(JSON.parse(text)).toEqual(content);
  });
});

describe('list', () => {
  it('lists all clusters, with who else sets a count', async () => {
    const { content } = await reader.call('list', { namespace: 'shop' });
    expect(content).toMatchObject({
      items: [
        { cluster: 'main', ...CART, replicas: 3, owners: ['HorizontalPodAutoscaler/cart'] },
        { cluster: 'main', ...WEB, replicas: 3 },
        { cluster: 'other', ...WEB, replicas: 1 },
      ],
      leftOut: 0,
      unlisted: [],
    });
  });

  it('narrows by selector, name and cluster', async () => {
    expect(countsOf((await reader.call('list', { labelSelector: 'tier=batch' })).content)).toEqual([2, 5]);
    expect(countsOf((await reader.call('list', { nameContains: 'ail' })).content)).toEqual([2]);
    expect(countsOf((await reader.call('list', { cluster: 'other' })).content)).toEqual([1]);
  });

  it('answers at most the limit, and says how many it left out', async () => {
    const { content } = await reader.call('list', { limit: 2 });
    expect(content).toMatchObject({ leftOut: 3, note: expect.stringContaining('3 more') });
    expect(countsOf(content)).toEqual([2, 5]);
  });

  it('says where a selector is wrong', async () => {
    const { isError, text } = await reader.call('list', { labelSelector: 'tier in (web' });
    expect(isError).toBe(true);
    expect(text).toMatch(/^INVALID_QUERY: .*labelSelector.*character/);
  });
});

describe('state', () => {
  it('says who else sets the count, what limits it, who changed it, and what the caller may do', async () => {
    const { content } = await viewer.call('state', CART);
    expect(content).toMatchObject({
      state: { replicas: 3, ready: 3, phase: 'stable', owners: [{ name: 'cart' }] },
      limits: { max: 10, rails: [{ from: 'rule small' }], may: { read: true, scale: false } },
      changes: { truncated: false },
    });
  });

  it('of a Deployment that is not there fails with the code of the service and the request id', async () => {
    const { isError, text } = await reader.call('state', { namespace: 'shop', deployment: 'nothing' });
    expect(isError).toBe(true);
    expect(text).toMatch(/^DEPLOYMENT_NOT_FOUND: .*\nRequest id: \S+$/s);
  });
});

describe('plan', () => {
  it('says what would become of a selection, with its receipt, and changes nothing', async () => {
    const { content } = await reader.call('plan', { select: { labelSelector: 'tier=batch' }, replicas: 1 });
    expect(content).toMatchObject({
      counts: { set: 2 },
      items: [
        { deployment: 'mailer', outcome: 'set', from: 2, to: 1 },
        { deployment: 'report', outcome: 'set', from: 5, to: 1 },
      ],
      receipt: {
        items: [
          { before: 2, asked: 1 },
          { before: 5, asked: 1 },
        ],
      },
    });
    expect(countIn('jobs', 'mailer')).toBe(2);
  });

  it('names what refuses a count: a rail, or an autoscaler that would undo it', async () => {
    const items = [
      { ...WEB, replicas: 20 },
      { ...CART, replicas: 8 },
    ];
    const { content } = await reader.call('plan', { items });
    expect(content).toMatchObject({
      items: [
        { outcome: 'refused', rail: expect.stringContaining('at most 10') },
        { outcome: 'refused', code: 'REPLICAS_MANAGED', forecast: [{ kind: 'undone' }] },
      ],
    });
  });

  it.each([
    ['neither items nor a selection', {}],
    ['a selection without a count', { select: { namespace: 'shop' } }],
    ['items with a count for all', { items: [{ ...WEB, replicas: 1 }], replicas: 1 }],
  ])('refuses %s', async (_, input) => {
    expect(await reader.call('plan', input)).toMatchObject({
      isError: true,
      text: 'give items alone, or select and replicas',
    });
  });
});

describe('set', () => {
  it('sets a count, waits for its pods, and says what it was', async () => {
    const { content } = await writer.call('set', { ...WEB, replicas: 5, waitSeconds: 300 });
    expect(content).toEqual({ replicas: 5, previous: 3, forecast: 'holds', warnings: [] });
    expect(countIn('shop', 'web')).toBe(5);
  });

  it('is refused by RBAC, and says that no parameter helps', async () => {
    const { isError, text } = await viewer.call('set', { ...WEB, replicas: 5, force: true });
    expect(isError).toBe(true);
    expect(text).toMatch(/^FORBIDDEN: .*which right is missing/s);
    expect(countIn('shop', 'web')).toBe(3);
  });

  it('is refused by a rail, also with force', async () => {
    const { isError, text } = await writer.call('set', { ...WEB, replicas: 20, force: true });
    expect(isError).toBe(true);
    expect(text).toMatch(/^RAIL: .*at most 10.*No parameter passes a rail/s);
    expect(countIn('shop', 'web')).toBe(3);
  });

  it('is refused if an autoscaler would undo it, and done with force', async () => {
    const refused = await writer.call('set', { ...CART, replicas: 8 });
    expect(refused.isError).toBe(true);
    expect(refused.text).toMatch(/^REPLICAS_MANAGED: .*Ask the user/s);
    expect(countIn('shop', 'cart')).toBe(3);
    const { content } = await writer.call('set', { ...CART, replicas: 8, force: true });
    expect(content).toMatchObject({ replicas: 8, forecast: expect.stringContaining('undone') });
    expect(countIn('shop', 'cart')).toBe(8);
  });

  it('is refused if the count is not the one that is named', async () => {
    const { text } = await writer.call('set', { ...WEB, replicas: 5, currentReplicas: 4 });
    expect(text).toMatch(/^PRECONDITION_FAILED: /);
    expect(countIn('shop', 'web')).toBe(3);
  });
});

describe('wait', () => {
  it('answers the state once the replicas are there', async () => {
    const { content } = await reader.call('wait', { ...WEB, timeoutSeconds: 300 });
    expect(content).toMatchObject({ state: { replicas: 3, available: 3 } });
  });

  it('that ends without them says so, and how to go on', async () => {
    await scaleOther(2);
    const { isError, text } = await reader.call('wait', {
      cluster: 'other',
      ...WEB,
      replicas: 2,
      timeoutSeconds: 1,
    });
    expect(isError).toBe(true);
    expect(text).toMatch(/^NOT_READY_IN_TIME: .*Go on waiting with wait/s);
  });

  it('that the agent cancels ends at the service too', async () => {
    await scaleOther(2);
    const cancelled = new AbortController();
    const input = { cluster: 'other', ...WEB, replicas: 2, timeoutSeconds: 300 };
    const answered = reader.call('wait', input, cancelled.signal).catch((error: unknown) => `${error}`);
    await until(() => service.app.longLived.waiters === 1);
    cancelled.abort('enough');
    expect(await answered).toContain('enough');
    await until(() => service.app.longLived.waiters === 0);
    expect((await reader.call('state', WEB)).isError).toBe(false);
  });
});

describe('park and restore', () => {
  it('take a selection to zero and back, with the receipt that park answers and keeps on this machine', async () => {
    const parked = await writer.call('park', { select: { labelSelector: 'tier=batch' }, waitSeconds: 300 });
    expect(parked.content).toMatchObject({
      counts: { set: 2 },
      items: [{ rollout: { ready: true } }, { rollout: { ready: true } }],
      refused: [],
      receipt: { items: [{ before: 2 }, { before: 5 }] },
      next: expect.stringContaining('Keep this receipt'),
    });
    const kept = await readFile(`${parked.content.keptAt}`, 'utf8');
    expect(JSON.parse(kept)).toEqual(parked.content.receipt);
    expect([countIn('jobs', 'mailer'), countIn('jobs', 'report')]).toEqual([0, 0]);
    const restored = await writer.call('restore', { receipt: parked.content.receipt });
    expect(restored.content).toMatchObject({ counts: { set: 2 } });
    expect([countIn('jobs', 'mailer'), countIn('jobs', 'report')]).toEqual([2, 5]);
  });

  it('restore leaves alone what somebody has changed since, and says who', async () => {
    const { content } = await writer.call('park', { select: { namespace: 'jobs' } });
    main.deployments.scale('jobs', 'mailer', 1);
    await until(async () => {
      const { state } = (await reader.call('state', { namespace: 'jobs', deployment: 'mailer' })).content;
      return Object(state).replicas === 1;
    });
    const restored = await writer.call('restore', { receipt: content.receipt });
    expect(restored.content).toMatchObject({
      counts: { set: 1, leftAlone: 1 },
      items: [{ code: 'CHANGED_SINCE', changedBy: { by: 'kubectl' } }, { outcome: 'set' }],
    });
    expect([countIn('jobs', 'mailer'), countIn('jobs', 'report')]).toEqual([1, 5]);
  });

  it('restore with finish carries out a plan', async () => {
    const { content } = await writer.call('plan', {
      items: [
        { ...WEB, replicas: 4 },
        { namespace: 'jobs', deployment: 'report', replicas: 6 },
      ],
    });
    const { content: done } = await writer.call('restore', { receipt: content.receipt, finish: true });
    expect(done).toMatchObject({ counts: { set: 2 } });
    expect([countIn('shop', 'web'), countIn('jobs', 'report')]).toEqual([4, 6]);
  });

  it('park says what it left as it is, and has no receipt if that is everything', async () => {
    const { content } = await viewer.call('park', { select: { namespace: 'jobs' } });
    expect(content).toMatchObject({
      refused: [{ code: 'FORBIDDEN' }, { code: 'FORBIDDEN' }],
      next: expect.stringContaining('no receipt'),
    });
    expect(content).not.toHaveProperty('receipt');
    expect(countIn('jobs', 'mailer')).toBe(2);
  });

  it('restore refuses a receipt that was changed', async () => {
    const { content } = await reader.call('plan', { select: { namespace: 'jobs' }, replicas: 1 });
    const receipt = { ...Object(content.receipt), id: '00000000-0000-4000-8000-000000000000' };
    const { isError, text } = await writer.call('restore', { receipt });
    expect(isError).toBe(true);
    expect(text).toMatch(/^RECEIPT_INVALID: .*exactly as plan or park answered it/s);
  });
});

describe('a server whose service cannot be reached', () => {
  it('starts, and each call says what is wrong and what to do', async () => {
    const [port = 0] = await freePorts(1);
    const lost = await agent(await envOf('lost', `https://localhost:${port}`));
    onTestFinished(() => lost.stop());
    const { isError, text } = await lost.call('list', {});
    expect(isError).toBe(true);
    expect(text).toContain(`localhost:${port}`);
  });
});

describe('the process', () => {
  it('ends when the agent closes its input, also with calls under way, and has written nothing to stderr', async () => {
    const short = await agent(await envOf('reader'));
    await scaleOther(2);
    const input = { cluster: 'other', ...WEB, replicas: 2, timeoutSeconds: 300 };
    const answered = short.call('wait', input).catch(() => 'cut');
    await until(() => service.app.longLived.waiters === 1);
    await short.stop();
    expect(await answered).toBe('cut');
    await until(() => service.app.longLived.waiters === 0);
    expect(short.stderr).toBe('');
  });
});
