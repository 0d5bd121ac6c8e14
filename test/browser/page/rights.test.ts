import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { lineBelow, PageScene, rowAt } from '../../support/page-scene.ts';
import { TestService } from '../../support/service.ts';

/**
 * What the page shows and offers to callers whose rights differ, over two clusters. SCREENSHOTS names a folder for pictures
 * of it.
 */
const { SCREENSHOTS } = process.env;

let production: FakeApiServer;
let staging: FakeApiServer;
let service: TestService;
let scene: PageScene;

const READS = { verbs: ['get', 'list'], resources: ['deployments', 'deployments/scale'] };

beforeAll(async () => {
  [production, staging] = await Promise.all([FakeApiServer.start(), FakeApiServer.start()]);
  for (const { roles } of [production, staging]) {
    roles.allow({ ...READS, users: ['client'], verbs: ['get', 'list', 'patch'] });
  }
  production.roles.allow({ ...READS, users: ['viewer'], namespaces: ['shop'] });
  service = await TestService.start({
    kubeconfig: { production: production.kubeconfig, staging: staging.kubeconfig },
    authorization: 'SubjectAccessReview',
  });
  await service.synced();
  scene = await PageScene.start(service);
});
afterAll(async () => {
  await scene?.stop();
  await service?.stop();
  await production?.stop();
  await staging?.stop();
});
afterEach(() => {
  expect(scene.complaints).toEqual([]);
});

it('offers a viewer no button, no box and no input, and shows the namespace that it may list', async () => {
  const client = await service.authority.issue({ commonName: 'viewer', usages: ['clientAuth'] });
  const page = await scene.open({ client });
  await rowAt(page, 'production/shop/cart').waitFor();
  // Its limits have been read by then, maybe before the test asks.
  await expect
    .poll(() =>
      page.evaluate<number>(
        `performance.getEntriesByType('resource').filter(({ name }) => name.includes('/limits')).length`,
      ),
    )
    .toBeGreaterThanOrEqual(4);
  expect(await page.locator('button.name').allInnerTexts()).toHaveLength(4);
  await page.getByRole('alert').getByText('staging cannot be read').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('+');
  await page.getByRole('status').getByText('you may not scale it').waitFor();
  await page.keyboard.press('0');
  expect(await page.locator('tbody').getByRole('button').count()).toBe(4);
  expect(await page.locator('tbody input, thead input, tr.detail').count()).toBe(0);
  await page.context().close();
});

it('shows both clusters in one table, and says which one cannot be reached, and how old it is', async () => {
  const page = await scene.open();
  await rowAt(page, 'production/shop/cart').waitFor();
  await rowAt(page, 'staging/shop/cart').waitFor();
  staging.deployments.scale('shop', 'cart', 9);
  await rowAt(page, 'staging/shop/cart').getByText('4 → 9').waitFor();
  if (SCREENSHOTS) await takePictures(page, SCREENSHOTS);
  await staging.refuseConnections();
  await page.getByRole('alert').getByText('staging cannot be reached').waitFor();
  await page
    .getByRole('alert')
    .getByText(/What is shown is .* old/)
    .waitFor();
  production.deployments.scale('shop', 'cart', 8);
  await rowAt(page, 'production/shop/cart').getByText('4 → 8').waitFor();
  await staging.acceptConnections();
  await page.getByText('staging cannot be reached').waitFor({ state: 'detached' });
  await page.context().close();
});

/** The page with a draft and a refusal, wide and in light, narrow and in dark. */
async function takePictures(page: Page, folder: string): Promise<void> {
  await rowAt(page, 'production/default/my-deployment').getByRole('button', { name: 'One more' }).click();
  await lineBelow(page, 'production/default/my-deployment').getByText('will stay').waitFor();
  await rowAt(page, 'production/shop/catalog').getByLabel('Count of').fill('6');
  await lineBelow(page, 'production/shop/catalog').getByText('blocks the next upgrade').waitFor();
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${folder}/page.png` });
  await page.setViewportSize({ width: 390, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: `${folder}/page-narrow.png` });
  await page.setViewportSize({ width: 1280, height: 800 });
}
