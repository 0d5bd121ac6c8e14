import { readFile, rm } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { dialogGone, PageScene, rowAt } from '../../support/page-scene.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';

/** Plans, batches and receipts on the page. SCREENSHOTS names a folder for pictures of it. */
const { SCREENSHOTS } = process.env;

let demo: FakeApiServer;
let service: TestService;
let scene: PageScene;
let page: Page;

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: 1 });
  demo.autoscalers.add({ namespace: 'shop', name: 'cart', spec: { minReplicas: 2, maxReplicas: 4 } });
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig, timing: PATIENT_WRITES })).synced();
  await service.autoscalersKnown('shop');
  scene = await PageScene.start(service);
  page = await scene.open();
  await rowAt(page, 'default/shop/catalog').getByRole('checkbox').waitFor();
});
afterAll(async () => {
  await scene?.stop();
  await service?.stop();
  await demo?.stop();
  expect(scene?.complaints).toEqual([]);
});

const counts = () =>
  demo.deployments.list().map(({ namespace, name, replicas }) => `${namespace}/${name} ${replicas}`);
const dialog = () => page.getByRole('dialog');
const close = async () => {
  await page.keyboard.press('Escape');
  await dialogGone(page);
};
const select = async (...names: string[]) => {
  for (const name of names) await rowAt(page, `default/${name}`).getByRole('checkbox').check();
};
/** The lines of the plan, without empty parts. */
const lines = async () =>
  (await dialog().getByRole('listitem').allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim());

it('plans as a list of changes with forecasts, and leaves out what a rail refuses', async () => {
  const before = counts();
  await select('shop/catalog', 'payments/ledger', 'monitoring/grafana');
  await page.getByRole('button', { name: 'Park (0)' }).click();
  await dialog().getByText('Plan for 3: 2 to set, 1 refused. Nothing is changed yet.').waitFor();
  expect(await lines()).toEqual([
    expect.stringMatching(
      /^shop\/catalog 5 → 0 blocks the next upgrade by Helm\/catalog The next helm upgrade/,
    ),
    expect.stringMatching(/^payments\/ledger 3 → 0 refused annotation k8s-deployment-scaler\/min: not 0/),
    'monitoring/grafana 1 → 0 will stay',
  ]);
  if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/page-plan.png` });
  expect(counts()).toEqual(before);
  await close();
  expect(counts()).toEqual(before);
});

it('sets what would be undone only when it is told to', async () => {
  await page.getByRole('button', { name: 'Clear' }).click();
  await select('shop/cart', 'shop/checkout');
  await page.getByLabel('Count', { exact: true }).fill('9');
  await page.getByRole('button', { name: 'Plan' }).click();
  await dialog().getByText('Plan for 2: 1 to set, 1 refused.').waitFor();
  await dialog().getByLabel('Set also what somebody else will undo').check();
  await dialog().getByText('Plan for 2: 2 to set.').waitFor();
  await close();
  await page.getByRole('button', { name: 'Clear' }).click();
});

it('keeps the receipt before it parks, and restores what was before', async () => {
  const before = counts();
  await select('monitoring/grafana', 'shop/checkout');
  await page.keyboard.press('p');
  await dialog().getByText('Plan for 2: 2 to set.').waitFor();
  // While the batch is on its way, the receipt is there already.
  let keptBefore: unknown;
  await page.route('**/scale', async (route) => {
    keptBefore = await page.evaluate(
      `new Promise((resolve) => {
        indexedDB.open('k8s-deployment-scaler ' + new URL('/', location.href).href).onsuccess = ({ target }) => {
          target.result.transaction('receipts').objectStore('receipts').getAll().onsuccess = (event) => {
            target.result.close();
            resolve(event.target.result.map(({ status, receipt }) => [status, receipt.items.length]));
          };
        };
      })`,
    );
    await route.continue();
  });
  await dialog().getByRole('button', { name: 'Set 2' }).click();
  await dialog().getByText('Done: 2 set.').waitFor();
  await page.unrouteAll();
  expect(keptBefore).toEqual([['kept', 2]]);
  expect(counts()).toEqual(expect.arrayContaining(['monitoring/grafana 0', 'shop/checkout 0']));
  await close();
  await rowAt(page, 'default/shop/checkout').getByText('parked').waitFor();

  expect(await page.locator('tr.row.selected').count()).toBe(0);

  await select('ingress/gateway');
  await page.keyboard.press('r');
  await dialog().getByText('park 2 Deployments').waitFor();
  await dialog().getByText('done', { exact: true }).waitFor();
  await dialog().getByRole('button', { name: 'Restore' }).click();
  await dialog().getByText('Plan for 2: 2 to set.').waitFor();
  await dialog().getByRole('button', { name: 'Restore 2' }).click();
  await dialog().getByText('Done: 2 set.').waitFor();
  expect(counts()).toEqual(before);
  await close();
  // What was selected before the receipt was restored is for something else.
  await page.getByText('1 selected').waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
});

it('leaves alone what somebody has changed since, and says who', async () => {
  demo.deployments.scale('shop', 'checkout', 11);
  await expect.poll(async () => (await service.count('shop', 'checkout')).body).toEqual({ replicaCount: 11 });
  await page.keyboard.press('r');
  await dialog().getByRole('button', { name: 'Finish' }).click();
  await dialog().getByText('Plan for 2: 1 to set, 1 left alone.').waitFor();
  expect(await lines()).toContainEqual(expect.stringMatching(/^shop\/checkout 11 → 0 left alone .*kubectl/));
  await close();
});

it('gives a receipt as a file, which another browser restores', async () => {
  await page.keyboard.press('r');
  const downloading = page.waitForEvent('download');
  await dialog().getByRole('button', { name: 'Download' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^receipt-\d{4}-\d\d-\d\dT\d{6}-[0-9a-f]{8}\.json$/);
  const file = await download.path();
  const receipt = JSON.parse(await readFile(file, 'utf8'));
  expect(receipt).toMatchObject({ version: 1, items: [{ deployment: 'grafana', before: 1, asked: 0 }, {}] });
  await dialog().getByRole('button', { name: 'Delete' }).click();
  await dialog().getByText('None yet').waitFor();
  await dialog().getByLabel('Upload a receipt').setInputFiles(file);
  await dialog().getByText('park 2 Deployments').waitFor();
  await dialog()
    .getByLabel('Upload a receipt')
    .setInputFiles({ name: 'wrong.json', mimeType: 'application/json', buffer: Buffer.from('{}') });
  await dialog().getByText('this file has no receipt').waitFor();
  await rm(file, { force: true });
  await close();
});

it('says that a batch may be half done when the connection is lost, and finishes it from its receipt', async () => {
  await select('ingress/gateway', 'monitoring/alertmanager');
  await page.getByRole('button', { name: 'Park (0)' }).click();
  await dialog().getByText('Plan for 2: 2 to set.').waitFor();
  await page.route('**/scale', (route) => route.abort());
  await dialog().getByRole('button', { name: 'Set 2' }).click();
  await dialog().getByText('Some counts may be set. Finish or restore it in the receipts').waitFor();
  await page.unrouteAll();
  await close();
  await page.keyboard.press('r');
  const line = dialog().getByRole('listitem').filter({ hasText: 'not complete' });
  await line.getByRole('button', { name: 'Finish' }).click();
  await dialog().getByRole('button', { name: 'Set 2' }).click();
  await dialog().getByText('Done: 2 set.').waitFor();
  expect(counts()).toEqual(expect.arrayContaining(['ingress/gateway 0', 'monitoring/alertmanager 0']));
  await close();
  scene.complaints.splice(
    0,
    scene.complaints.length,
    ...scene.complaints.filter((text) => !text.includes('ERR_FAILED')),
  );
});
