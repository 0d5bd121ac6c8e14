import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { PageScene, rowAt } from '../../support/page-scene.ts';
import { TestService } from '../../support/service.ts';

/** 5,000 Deployments: what is drawn is bounded. */

let demo: FakeApiServer;
let service: TestService;
let scene: PageScene;
let page: Page;

beforeAll(async () => {
  demo = await FakeApiServer.start({ deployments: 5_000, rolloutDelayMs: Number.POSITIVE_INFINITY });
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig })).synced();
  scene = await PageScene.start(service);
  page = await scene.open();
  await page.getByText('1–100 of 5000').waitFor();
});
afterAll(async () => {
  await scene?.stop();
  await service?.stop();
  await demo?.stop();
  expect(scene?.complaints).toEqual([]);
});

const FIRST = 'default/team-0000/api-000000';

it('draws 100 rows, whatever there are', async () => {
  expect(await page.locator('tbody tr').count()).toBe(100);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('101–200 of 5000').waitFor();
  expect(await page.locator('tbody tr').count()).toBe(100);
  await page.getByRole('button', { name: 'Previous' }).click();
});

it('changes only the row whose Deployment changes', async () => {
  await rowAt(page, FIRST).getByLabel('Count of').waitFor();
  await page.evaluate(`
    window.touched = new Set();
    new MutationObserver((records) => {
      for (const { target } of records) {
        const element = target.nodeType === 1 ? target : target.parentElement;
        window.touched.add(element?.closest('tr')?.dataset.key ?? element?.className ?? target.nodeName);
      }
    }).observe(document.querySelector('tbody'), { subtree: true, childList: true, attributes: true, characterData: true });
  `);
  demo.deployments.scale('team-0000', 'api-000010', 77);
  await expect
    .poll(() => rowAt(page, 'default/team-0000/api-000010').getByLabel('Count of').inputValue())
    .toBe('77');
  const touched = await page.evaluate<string[]>('[...window.touched]');
  expect(touched).toContain('default/team-0000/api-000010');
  // The limits of other rows in view may have come in this time: nothing else touches them.
  const inView = await page.evaluate<string[]>(
    `[...document.querySelectorAll('tbody tr:has(input.number)')].map((row) => row.dataset.key)`,
  );
  expect(touched.filter((key) => !inView.includes(key))).toEqual([]);
});

it('asks what may be done only for rows in view', async () => {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/limits')) asked.push(request.url());
  });
  await page.reload();
  await rowAt(page, FIRST).getByLabel('Count of').waitFor();
  await expect.poll(() => asked.length).toBeGreaterThan(15);
  expect(asked.length).toBeLessThan(40);
});

it('goes over the border of a page with j and k', async () => {
  await page.locator('tr.row').last().locator('button.name').focus();
  await page.keyboard.press('j');
  await page.getByText('101–200 of 5000').waitFor();
  await page.keyboard.press('k');
  await page.getByText('1–100 of 5000').waitFor();
  await expect.poll(() => page.locator('tr.row:last-child:focus').count()).toBe(1);
});
