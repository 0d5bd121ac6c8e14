import type { IncomingMessage } from 'node:http';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { FakeApiServer } from '../support/fake-apiserver/fake-apiserver.ts';
import { TestService } from '../support/service.ts';

/** The EventSource of a real browser, with a client certificate. */

/** Instead of the 30 s of Playwright, which a busy machine may exceed. */
const TIMEOUT_MS = 110_000;

let browser: Browser;
let context: BrowserContext;
let page: Page;
let demo: FakeApiServer;
let service: TestService;
/** The Last-Event-ID of each stream that the browser has asked for. */
const asked: (string | undefined)[] = [];

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: inject('chromium'),
    args: ['--disable-gpu', '--disable-quic'],
    timeout: TIMEOUT_MS,
  });
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY, bookmarkIntervalMs: 20 });
  service = await TestService.start({ kubeconfig: demo.kubeconfig, heartbeatMs: 50 });
  service.app.server.on('request', ({ url, headers }: IncomingMessage) => {
    if (url?.startsWith('/events')) asked.push(headers['last-event-id']?.toString());
  });
  await service.synced();
  const { cert, key } = service.client;
  const origin = `https://localhost:${service.port}`;
  context = await browser.newContext({
    ignoreHTTPSErrors: true,
    clientCertificates: [{ origin, cert: Buffer.from(cert), key: Buffer.from(key) }],
  });
  context.setDefaultTimeout(TIMEOUT_MS);
  page = await context.newPage();
  await page.goto(`${origin}/healthz`);
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  await demo?.stop();
});

/** What the page has received, as `type replicas`. */
const received = () => page.evaluate<string[]>('window.received');

it('receives changes, and connects again by itself where it was, without missing one', async () => {
  await page.evaluate(`
    window.received = [];
    const source = new EventSource('/events?namespace=shop');
    for (const type of ['ready', 'changed', 'gone', 'overridden', 'reset', 'end'])
      source.addEventListener(type, ({ data }) => window.received.push(type + ' ' + (JSON.parse(data).replicas ?? '')));
  `);
  await expect.poll(received).toEqual(['ready ']);
  demo.deployments.scale('shop', 'cart', 11);
  await expect.poll(received).toEqual(['ready ', 'changed 11']);

  // A cut: the browser waits a few seconds before it connects again.
  for (const socket of service.app.clientConnections.keys()) socket.destroy();
  demo.deployments.scale('shop', 'cart', 12);
  demo.deployments.scale('shop', 'checkout', 13);
  await expect.poll(received).toEqual(['ready ', 'changed 11', 'ready ', 'changed 12', 'changed 13']);
  expect(asked).toHaveLength(2);
  expect(asked[0]).toBeUndefined();
  expect(asked[1]).toMatch(/^\d+$/);

  // An end that the service announces does not differ.
  for (const connection of service.app.clientConnections.values()) connection.closeIfIdle('drain');
  await expect.poll(received).toContain('end ');
  demo.deployments.scale('shop', 'cart', 14);
  await expect.poll(async () => (await received()).at(-1)).toBe('changed 14');
  expect((await received()).filter((text) => text.startsWith('reset'))).toEqual([]);
});
