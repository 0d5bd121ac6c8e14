import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { PageScene, rowAt } from '../../support/page-scene.ts';
import { PrefixProxy } from '../../support/prefix-proxy.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';

/** How the page stays current: one stream for all tabs, and what becomes of it. */

let demo: FakeApiServer;
let service: TestService;
let scene: PageScene;
/** The Last-Event-ID of each stream that was asked for. */
const asked: (string | undefined)[] = [];

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY, bookmarkIntervalMs: 20 });
  service = await TestService.start({ kubeconfig: demo.kubeconfig, heartbeatMs: 50, timing: PATIENT_WRITES });
  service.app.server.on('request', ({ url, headers }: IncomingMessage) => {
    if (url?.includes('/clusters/events')) asked.push(headers['last-event-id']?.toString());
  });
  await service.synced();
  scene = await PageScene.start(service);
});
afterAll(async () => {
  await scene?.stop();
  await service?.stop();
  await demo?.stop();
});
afterEach(() => {
  expect(scene.complaints.splice(0)).toEqual([]);
  asked.length = 0;
});

const CART = 'default/shop/cart';
const streams = () => service.app.longLived.streams;

it('reads one stream for all tabs, and another tab goes on where it was when the first one closes', async () => {
  const first = await scene.open();
  await rowAt(first, CART).waitFor();
  const second = await scene.openTab(first.context());
  await rowAt(second, CART).waitFor();
  demo.deployments.scale('shop', 'cart', 11);
  for (const tab of [first, second]) {
    // A tab that nobody sees draws nothing.
    await tab.bringToFront();
    await rowAt(tab, CART).getByText('→ 11').waitFor();
  }
  expect([streams(), asked]).toEqual([1, [undefined]]);

  await first.close();
  demo.deployments.scale('shop', 'cart', 12);
  await rowAt(second, CART).getByText('11 → 12').waitFor();
  await expect.poll(streams).toBe(1);
  expect(asked).toEqual([undefined, expect.stringMatching(/^default=\d+$/)]);
  // It has a copy for the next tab too.
  const third = await scene.openTab(second.context());
  await rowAt(third, CART).getByText('11 → 12').waitFor();
  expect(asked).toHaveLength(2);
  await second.context().close();
});

it('connects again when the service ends the stream or the connection is cut, and misses nothing', async () => {
  const page = await scene.open();
  await rowAt(page, CART).waitFor();
  await page.getByText('live', { exact: true }).waitFor();
  for (const connection of service.app.clientConnections.values()) connection.closeIfIdle('drain');
  demo.deployments.scale('shop', 'cart', 13);
  await rowAt(page, CART).getByText('→ 13').waitFor();
  for (const socket of service.app.clientConnections.keys()) socket.destroy();
  demo.deployments.scale('shop', 'cart', 14);
  await rowAt(page, CART).getByText('13 → 14').waitFor();
  await page.getByText('live', { exact: true }).waitFor();
  expect(asked).toEqual([undefined, expect.any(String), expect.any(String)]);
  await page.context().close();
  // Of the cut connections.
  scene.complaints.length = 0;
});

it('says that the certificate was revoked, and asks for no more', async () => {
  const client = await service.authority.issue({ commonName: 'bob', usages: ['clientAuth'] });
  const page = await scene.open({ client });
  await rowAt(page, CART).waitFor();
  service.app.recheckClients((certificate) => !certificate.subject.includes('bob'));
  await page.getByRole('alert').getByText('Your certificate was revoked.').waitFor();
  await expect.poll(streams).toBe(0);
  const second = await scene.openTab(page.context());
  await second.getByRole('alert').getByText('Your certificate was revoked.').waitFor();
  expect(asked).toHaveLength(1);
  await page.context().close();
});

it('works below the path prefix of a proxy', async () => {
  const proxy = await PrefixProxy.start(service, '/tools/scaler');
  const page = await scene.open({ base: proxy.url });
  await rowAt(page, CART).getByLabel('Count of').fill('20');
  await rowAt(page, CART).getByLabel('Count of').press('Enter');
  await rowAt(page, CART).getByText('→ 20 by client').waitFor();
  await page.context().close();
  await proxy.stop();
});
