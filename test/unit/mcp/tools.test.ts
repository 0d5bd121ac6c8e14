import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addReadTools } from '../../../mcp/read-tools.ts';
import { addWriteTools, type WriteToolsOptions } from '../../../mcp/write-tools.ts';
import { type Fetch, type Receipt, ScalerClient, type State } from '../../../src/client/scaler-client.ts';

const RECEIPT: Receipt = {
  version: 1,
  id: 'batch-1',
  at: '2026-11-29T19:00:00.000Z',
  items: [{ cluster: 'main', namespace: 'jobs', deployment: 'mailer', uid: 'u-1', before: 2, asked: 0 }],
  checksum: 'c',
};
const PLAN = {
  batch: 'batch-1',
  dryRun: true,
  counts: { set: 1 },
  items: [
    { cluster: 'main', namespace: 'jobs', deployment: 'mailer', outcome: 'set', from: 2, to: 0 },
    {
      cluster: 'main',
      namespace: 'jobs',
      deployment: 'db',
      outcome: 'refused',
      to: 0,
      code: 'RAIL',
      message: 'no',
    },
  ],
  receipt: RECEIPT,
};
const SELECT = { namespace: 'jobs' };

function stateOf(deployment: string): State {
  return {
    kind: 'Deployment',
    namespace: 'shop',
    deployment,
    replicas: 1,
    current: 1,
    updated: 1,
    ready: 1,
    available: 1,
    phase: 'stable',
    reason: 'all 1 replicas are available',
    paused: false,
    owners: [],
    unknownOwners: [],
  };
}

/** Answers of the service by method, path and query. A string is an error with this code. */
type Answers = (request: string, body: unknown) => unknown;

/** The SDK's client, connected to all tools in this process. */
async function agentOf(answers: Answers, options: Partial<WriteToolsOptions> = {}) {
  const answer: Fetch = async (url, { method, body }) => {
    const { pathname, search } = new URL(url);
    const found = answers(
      `${method} ${pathname}${search}`,
      body === undefined ? undefined : JSON.parse(body),
    );
    if (typeof found !== 'string') return Response.json(found);
    return Response.json({ statusCode: 503, code: found, error: 'x', message: 'it failed' }, { status: 503 });
  };
  const server = new McpServer({ name: 'test', version: '1' });
  const client = new ScalerClient('https://scaler.example', answer);
  addReadTools(server, { client, ...options });
  addWriteTools(server, { client, ...options });
  const [here, there] = InMemoryTransport.createLinkedPair();
  const agent = new Client({ name: 'test', version: '1' });
  await Promise.all([server.connect(there), agent.connect(here)]);
  onTestFinished(() => agent.close());
  await agent.listTools();
  return async (name: string, input: Record<string, unknown>) => {
    const { content, structuredContent, isError } = await agent.callTool({ name, arguments: input });
    const [first] = content;
    return { text: first?.type === 'text' ? first.text : '', content: structuredContent, isError };
  };
}

describe('park', () => {
  it('keeps the receipt before it sets a count, and says where', async () => {
    const steps: string[] = [];
    const call = await agentOf(
      (request, body) => {
        steps.push(request);
        return request.includes('dryRun') ? PLAN : { ...PLAN, dryRun: false, sent: body };
      },
      {
        keepReceipt: async ({ id }) => {
          steps.push(`kept ${id}`);
          return '/kept/batch-1.json';
        },
      },
    );
    const { content } = await call('park', { select: SELECT });
    expect(steps).toEqual(['POST /scale?dryRun=true', 'kept batch-1', 'POST /scale']);
    expect(content).toMatchObject({
      receipt: RECEIPT,
      keptAt: '/kept/batch-1.json',
      refused: [{ deployment: 'db', code: 'RAIL' }],
    });
  });

  it('sets nothing if the receipt cannot be kept', async () => {
    const requests: string[] = [];
    const call = await agentOf(
      (request) => {
        requests.push(request);
        return PLAN;
      },
      { keepReceipt: () => Promise.reject(new Error('the disk is full')) },
    );
    expect(await call('park', { select: SELECT })).toMatchObject({ isError: true, text: 'the disk is full' });
    expect(requests).toEqual(['POST /scale?dryRun=true']);
  });

  it('that is cut off answers the receipt with the error, because some counts may be set', async () => {
    const call = await agentOf((request) => (request.includes('dryRun') ? PLAN : 'OVERLOADED'));
    const { isError, text } = await call('park', { select: SELECT });
    expect(isError).toBe(true);
    expect(text).toMatch(/^OVERLOADED: it failed\n/);
    expect(JSON.parse(text.slice(text.indexOf('{')))).toEqual(RECEIPT);
  });
});

describe('list', () => {
  const clusters = { clusters: ['a', 'b'].map((name) => ({ name, default: name === 'a', state: 'ready' })) };

  it('names the clusters that cannot be listed, and lists the others', async () => {
    const call = await agentOf((request) => {
      if (request === 'GET /clusters') return clusters;
      return request === 'GET /a/scale' ? 'CACHE_NOT_SYNCED' : { items: [stateOf('web')] };
    });
    expect((await call('list', {})).content).toMatchObject({
      items: [{ cluster: 'b', deployment: 'web' }],
      unlisted: [{ cluster: 'a', error: 'CACHE_NOT_SYNCED: it failed' }],
    });
  });

  it('fails if no cluster can be listed', async () => {
    const call = await agentOf((request) => (request === 'GET /clusters' ? clusters : 'CACHE_NOT_SYNCED'));
    expect(await call('list', {})).toMatchObject({ isError: true, text: 'CACHE_NOT_SYNCED: it failed' });
  });

  it('answers 50 Deployments of 5,000 unless it is asked for more, and never more than 500', async () => {
    const items = Array.from({ length: 5_000 }, (_, at) => stateOf(`web-${at}`));
    const call = await agentOf(() => ({ items }), { cluster: 'a' });
    const listed = await call('list', {});
    expect(listed.content).toMatchObject({ leftOut: 4_950, note: expect.stringContaining('4950 more') });
    expect(listed.text.length).toBeLessThan(20_000);
    expect((await call('list', { limit: 500 })).content).toMatchObject({ leftOut: 4_500 });
    expect(await call('list', { limit: 501 })).toMatchObject({ isError: true });
  });
});

describe('calls that name no cluster', () => {
  it('go to the cluster of the profile', async () => {
    const requests: unknown[] = [];
    const call = await agentOf(
      (request, body) => {
        requests.push(request, body);
        return 'OVERLOADED';
      },
      { cluster: 'prod' },
    );
    const names = { namespace: 'shop', deployment: 'web' };
    await call('list', {});
    await call('wait', { ...names, replicas: 2 });
    await call('set', { ...names, replicas: 2 });
    await call('set', { ...names, replicas: 2, cluster: 'other' });
    await call('plan', {
      items: [
        { ...names, replicas: 2 },
        { ...names, replicas: 2, cluster: 'other' },
      ],
    });
    await call('park', { select: SELECT });
    expect(requests.filter((each) => each !== undefined)).toEqual([
      'GET /prod/scale',
      'GET /prod/deployments/shop/web?wait=45&replicas=2',
      'POST /prod/replica-count?namespace=shop&deployment=web',
      { replicas: 2 },
      'POST /other/replica-count?namespace=shop&deployment=web',
      { replicas: 2 },
      'POST /scale?dryRun=true',
      {
        items: [
          { cluster: 'prod', ...names, replicas: 2 },
          { cluster: 'other', ...names, replicas: 2 },
        ],
      },
      'POST /scale?dryRun=true',
      { select: { clusters: ['prod'], ...SELECT }, replicas: 0 },
    ]);
  });
});

describe('an error of a batch', () => {
  it('names the items that caused it, at most 20, and counts the rest', async () => {
    const items = Array.from({ length: 23 }, (_, at) => ({
      cluster: 'main',
      namespace: 'jobs',
      deployment: `job-${at}`,
      code: 'FORBIDDEN',
      message: 'may not',
    }));
    const refusal = { statusCode: 403, code: 'FORBIDDEN', error: 'x', message: 'nothing was changed', items };
    const client = new ScalerClient('https://scaler.example', async () =>
      Response.json(refusal, { status: 403 }),
    );
    const call = await agentOf(() => PLAN, { client });
    const { text } = await call('restore', { receipt: RECEIPT });
    expect(text.split('\n').filter((line) => line.startsWith('- '))).toHaveLength(21);
    expect(text).toContain('- main/jobs/job-19: FORBIDDEN: may not\n- and 3 more');
  });
});
