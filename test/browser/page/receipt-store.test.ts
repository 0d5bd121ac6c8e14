import { readFile, rm } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Receipt } from '../../../src/client/scaler-client.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { dialogGone, PageScene, rowAt } from '../../support/page-scene.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';

/** Receipts in a browser that refuses to keep them, or has as many as it keeps. */

let demo: FakeApiServer;
let service: TestService;
let scene: PageScene;
let page: Page;

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: 1 });
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig, timing: PATIENT_WRITES })).synced();
  scene = await PageScene.start(service);
});
afterAll(async () => {
  await scene?.stop();
  await service?.stop();
  await demo?.stop();
});
// Another browser each time: it has kept nothing.
beforeEach(async () => {
  page = await scene.open();
});
afterEach(async () => {
  await page.context().close();
  expect(scene.complaints).toEqual([]);
});

const dialog = () => page.getByRole('dialog');
const count = () => demo.deployments.list().find(({ name }) => name === 'grafana')?.replicas;

/** Evaluates a script of which `database` and `store` are the receipts. */
async function inStore(script: string, version = 1): Promise<void> {
  await page.evaluate(`new Promise((resolve, reject) => {
    const opening = indexedDB.open('k8s-deployment-scaler ' + new URL('/', location.href).href, ${version});
    opening.onupgradeneeded = () => opening.result.createObjectStore('receipts', { keyPath: 'id' });
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction('receipts', 'readwrite');
      const store = transaction.objectStore('receipts');
      ${script};
      transaction.oncomplete = () => {
        database.close();
        resolve();
      };
    };
  })`);
}

/** Makes a plan to set a count of one Deployment, and tells the page to do it. */
async function set(replicas: number): Promise<void> {
  await rowAt(page, 'default/monitoring/grafana').getByRole('checkbox').check();
  await page.getByLabel('Count', { exact: true }).fill(`${replicas}`);
  await page.getByRole('button', { name: 'Plan' }).click();
  await dialog().getByRole('button', { name: 'Set 1' }).click();
}

async function close(): Promise<void> {
  await page.keyboard.press('Escape');
  await dialogGone(page);
}

const REFUSALS: readonly [string, string, (of: Page) => Promise<unknown>][] = [
  // As after a version of the page that is newer than this one.
  ['open its store', 'The requested version (1) is less', () => inStore('', 2)],
  [
    'put a receipt into its store',
    'it has no room left). Download it, then go on.',
    async (of) => {
      // The store itself is there.
      await inStore('');
      const session = await of.context().newCDPSession(of);
      const { origin } = new URL(of.url());
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
    },
  ],
];

it.each(REFUSALS)(
  'sets nothing in a browser that refuses to %s, before its user goes on',
  async (_what, why, refuse) => {
    const before = count() ?? 0;
    await refuse(page);
    await set(before + 2);
    await dialog()
      .getByRole('alert')
      .getByText(`Nothing was changed, because this browser cannot keep the receipt (${why}`)
      .waitFor();
    expect(count()).toBe(before);

    const downloading = page.waitForEvent('download');
    await dialog().getByRole('button', { name: 'Download receipt' }).click();
    const file = await (await downloading).path();
    const receipt: Receipt = JSON.parse(await readFile(file, 'utf8'));
    expect(receipt.items).toMatchObject([{ deployment: 'grafana', before, asked: before + 2 }]);

    await dialog().getByRole('button', { name: 'Set 1' }).click();
    await dialog().getByText('Done: 1 set.').waitFor();
    expect(count()).toBe(before + 2);
    await close();
    await page.keyboard.press('r');
    await dialog().getByLabel('Upload a receipt').setInputFiles(file);
    await dialog().getByRole('alert').getByText('This browser cannot keep receipts (').waitFor();
    await rm(file, { force: true });
  },
);

it('keeps 50 receipts, drops the oldest for another one, and says which', async () => {
  const receipt: Receipt = {
    version: 1,
    id: 'one-more',
    at: '2026-11-29T19:00:00.000Z',
    items: [{ cluster: 'default', namespace: 'old', deployment: 'x', uid: 'u', before: 3, asked: 0 }],
    checksum: 'c',
  };
  await inStore(`
    const receipt = ${JSON.stringify(receipt)};
    for (let at = 0; at < 50; at += 1) {
      const items = receipt.items.map((item) => ({ ...item, deployment: 'x' + at }));
      store.put({ id: 'r' + at, receipt: { ...receipt, id: 'r' + at, items }, keptAt: at, status: 'done' });
    }
  `);
  await set((count() ?? 0) + 2);
  await dialog().getByText('Done: 1 set.').waitFor();
  await dialog()
    .getByText(
      'This browser keeps 50 receipts: the oldest was dropped (old/x0 3 → 0 of 2026-11-29T19:00:00.000Z).',
    )
    .waitFor();
  await close();

  await page.keyboard.press('r');
  const lines = () => dialog().getByRole('listitem').locator('.what').allInnerTexts();
  await expect.poll(lines).toHaveLength(50);
  const [first, ...others] = await lines();
  expect(first).toContain('monitoring/grafana');
  expect(others).toEqual(Array.from({ length: 49 }, (_, at) => `old/x${49 - at} 3 → 0`));

  const buffer = Buffer.from(JSON.stringify(receipt));
  await dialog()
    .getByLabel('Upload a receipt')
    .setInputFiles({ name: 'receipt.json', mimeType: 'application/json', buffer });
  await dialog().getByRole('status').getByText('the oldest was dropped (old/x1 3 → 0').waitFor();
  await expect.poll(async () => (await lines()).slice(0, 1)).toEqual(['old/x 3 → 0']);
  expect(await lines()).toHaveLength(50);
});
