import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { FakeApiServer } from '../support/fake-apiserver/fake-apiserver.ts';
import { PrefixProxy } from '../support/prefix-proxy.ts';
import { TestService } from '../support/service.ts';

/** Swagger UI in a real browser, over a real TLS socket. SCREENSHOT names a file for a screenshot of the page. */
const { SCREENSHOT } = process.env;

/** In TLS 1.3 the refusal follows the handshake. The browser may see the connection end before it reads the refusal. */
const REFUSED = /net::ERR_(BAD_SSL_CLIENT_AUTH_CERT|SOCKET_NOT_CONNECTED|CONNECTION_RESET|CONNECTION_CLOSED)/;

/** Instead of the 30 s of Playwright, which a busy machine may exceed. */
const TIMEOUT_MS = 110_000;

let browser: Browser;
let demo: FakeApiServer;
let service: TestService;
let origin: string;
let proxy: PrefixProxy;

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: inject('chromium'),
    timeout: TIMEOUT_MS,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  demo = await FakeApiServer.start();
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig })).synced();
  origin = `https://localhost:${service.port}`;
  proxy = await PrefixProxy.start(service, '/tools/scaler');
});
afterAll(async () => {
  await browser?.close();
  await proxy?.stop();
  await service?.stop();
  await demo?.stop();
});

describe('a browser without a client certificate', () => {
  it('is refused', async () => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(TIMEOUT_MS);
    const page = await context.newPage();
    await expect(page.goto(`${origin}/docs`)).rejects.toThrow(REFUSED);
    await context.close();
  });
});

/** How a browser with a client certificate gets to the service, and one without at a proxy that has one. */
const ways = {
  'a browser with a client certificate': () => origin,
  'a browser at a proxy that serves the service under a path prefix': () => proxy.url,
};

describe.each(Object.entries(ways))('%s', (_way, baseUrl) => {
  let base: string;
  let context: BrowserContext;
  let page: Page;
  let requests: string[];
  let complaints: string[];

  beforeEach(async () => {
    base = baseUrl();
    const { cert, key } = service.client;
    context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      // The browser connects to Playwright, which connects to the service with the client certificate.
      ignoreHTTPSErrors: true,
      clientCertificates: [{ origin, cert: Buffer.from(cert), key: Buffer.from(key) }],
    });
    context.setDefaultTimeout(TIMEOUT_MS);
    requests = [];
    complaints = [];
    context.on('request', (request) => requests.push(request.url()));
    context.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    context.on('weberror', (error) => complaints.push(error.error().message));
    page = await context.newPage();
    await page.goto(`${base}/docs`);
    await page.getByText('Read the replica count of a Deployment').first().waitFor();
  });
  afterEach(async () => {
    await context.close();
    const elsewhere = requests.filter((url) => !url.startsWith(`${base}/`) && !url.startsWith('data:'));
    expect({ complaints, elsewhere }).toEqual({ complaints: [], elsewhere: [] });
    expect(requests).toContain(`${base}/openapi.json`);
  });

  /** Opens an operation, fills in its parameters and executes it. Returns what the page shows as the answer. */
  async function tryOut(id: string, parameters: Readonly<Record<string, string>>, body?: string) {
    const operation = page.locator(`.opblock[id$="${id}"]`);
    await operation.locator('.opblock-summary-control').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    for (const [name, value] of Object.entries(parameters)) {
      await operation.locator(`tr[data-param-name="${name}"] input`).fill(value);
    }
    if (body !== undefined) await operation.locator('.body-param textarea').fill(body);
    await operation.getByRole('button', { name: 'Execute' }).click();
    const answer = operation.locator('.live-responses-table .response');
    return {
      status: await answer.locator('.response-col_status').innerText(),
      body: await answer.locator('.highlight-code code').first().innerText(),
    };
  }

  it('sees the list of operations', async () => {
    const listed = await page
      .locator('.opblock-summary-path, .opblock-summary-path__deprecated')
      .allInnerTexts();
    const documented = Object.entries(service.app.swagger().paths ?? {}).flatMap(([path, item = {}]) =>
      Object.keys(item).map(() => path),
    );
    expect(listed.toSorted()).toEqual(documented.toSorted());
    expect(listed).toContain('/replica-count');
    if (SCREENSHOT && base === origin) await page.screenshot({ path: SCREENSHOT });
  });

  it('sees the operations at /docs/ too', async () => {
    await page.goto(`${base}/docs/`);
    await page.getByText('Read the replica count of a Deployment').first().waitFor();
  });

  it('sees the example of each error code to which the document refers', async () => {
    const operation = page.locator('.opblock[id$="getHealth"]');
    await operation.locator('.opblock-summary-control').click();
    for (const [status, code, message] of [
      [403, 'CLIENT_NOT_ALLOWED', 'configured to let in'],
      [503, 'DRAINING', 'shutting down'],
    ] as const) {
      const response = operation.locator(`tr.response[data-code="${status}"]`);
      await response.locator('.examples-select-element').selectOption(code);
      await expect
        .poll(async () => JSON.parse(await response.locator('.highlight-code code').first().innerText()))
        .toMatchObject({ statusCode: status, code, message: expect.stringContaining(message) });
    }
  });

  it('sees the real answer to GET /replica-count', async () => {
    demo.deployments.scale('default', 'my-deployment', 7);
    await expect
      .poll(async () => (await service.count('default', 'my-deployment')).body)
      .toEqual({ replicaCount: 7 });
    const { status, body } = await tryOut('getReplicaCount', {
      namespace: 'default',
      deployment: 'my-deployment',
    });
    expect(status).toContain('200');
    expect(JSON.parse(body)).toEqual({ replicaCount: 7 });
  });

  it('sees the real list of GET /deployments', async () => {
    const { status, body } = await tryOut('listDeployments', { namespace: 'shop' });
    expect(status).toContain('200');
    expect(JSON.parse(body)).toMatchObject({ deployments: expect.arrayContaining(['shop/cart']) });
    expect(requests).toContain(`${base}/deployments?namespace=shop`);
  });

  it('scales with POST /replica-count', async () => {
    const { status, body } = await tryOut(
      'setReplicaCount',
      { namespace: 'default', deployment: 'my-deployment' },
      '{"replicas": 4}',
    );
    expect(status).toContain('200');
    expect(JSON.parse(body)).toEqual({ replicaCount: 4 });
    expect((await service.count('default', 'my-deployment')).body).toEqual({ replicaCount: 4 });
  });
});
