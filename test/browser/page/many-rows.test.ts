import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { lineBelow, PageScene, rowAt } from '../../support/page-scene.ts';
import { TestService } from '../../support/service.ts';

/** 5,000 Deployments: what is drawn is bounded, also while many of them change all the time. */

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

/** How long the pause between two changes is: 100 a second. */
const CHANGE_MS = 10;

/** What the page does, noted in the page. */
interface Noted {
  /** How many changes of Deployments have come. */
  readonly changes: number;
  /** How many drawings were asked for that wait, because a test holds them back. */
  readonly held: number;
  /** The time of the frame of each drawing. */
  readonly frames: readonly number[];
  /** How often the document was changed, where all changes of one task are one. */
  readonly mutations: number;
  /** The most rows that there were after one of them. */
  readonly rows: number;
}

/** Notes what the tab tells the others, and each drawing. `hold()` keeps drawings back, `release()` lets them go on. */
const NOTES = `
  const noted = { changes: 0, held: [], frames: [], mutations: 0, rows: 0 };
  let isHeld = false;
  const frame = requestAnimationFrame.bind(window);
  const next = (draw) => frame((time) => {
    noted.frames.push(time);
    draw(time);
  });
  window.requestAnimationFrame = (draw) => isHeld ? noted.held.push(draw) : next(draw);
  window.hold = () => { isHeld = true; };
  window.release = () => {
    isHeld = false;
    for (const draw of noted.held.splice(0)) next(draw);
  };
  window.noted = () => ({ ...noted, held: noted.held.length });
  new BroadcastChannel('k8s-deployment-scaler ' + new URL('/', location.href).href)
    .addEventListener('message', ({ data }) => {
      if (data.kind === 'update' && data.update.kind === 'changed') noted.changes += 1;
    });
  new MutationObserver(() => {
    noted.mutations += 1;
    noted.rows = Math.max(noted.rows, document.querySelectorAll('tr.row').length);
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
`;

it('draws once per frame at most, however many changes come, and the keyboard goes on', async () => {
  // In a browser of its own: whatever the others have not finished is not counted.
  const busy = await scene.open({ path: '/docs/page/icon.svg' });
  await busy.addInitScript(NOTES);
  await busy.goto('/');
  await busy.getByText('1–100 of 5000').waitFor();
  const noted = () => busy.evaluate<Noted>('noted()');
  const changes = async () => (await noted()).changes;
  const keys = await busy.evaluate<string[]>(
    `[...document.querySelectorAll('tr.row')].map((row) => row.dataset.key)`,
  );
  const [first = '', mine = '', ...others] = keys;
  await rowAt(busy, mine).getByRole('checkbox').waitFor();

  const counts = new Map<string, number>();
  let made = 0;
  const changing = setInterval(() => {
    const key = others[made % others.length] ?? '';
    made += 1;
    counts.set(key, 100 + made);
    const [, namespace = '', name = ''] = key.split('/');
    demo.deployments.scale(namespace, name, 100 + made);
  }, CHANGE_MS);
  onTestFinished(() => clearInterval(changing));

  // Without a frame nothing is drawn, and all changes wait for one drawing.
  await busy.evaluate('hold()');
  await expect.poll(async () => (await noted()).held).toBe(1);
  const before = await noted();
  await expect.poll(changes).toBeGreaterThan(before.changes + 200);
  const held = await noted();
  expect([held.held, held.mutations, held.frames.length]).toEqual([
    1,
    before.mutations,
    before.frames.length,
  ]);
  await busy.evaluate('release()');

  await rowAt(busy, first).focus();
  await busy.keyboard.press('j');
  await expect.poll(() => busy.evaluate('document.activeElement.dataset.key')).toBe(mine);
  await busy.keyboard.press('+');
  await lineBelow(busy, mine).getByText('will stay').waitFor();
  await busy.keyboard.press('Escape');
  await lineBelow(busy, mine).waitFor({ state: 'detached' });
  await busy.keyboard.press('x');
  await busy.getByText('1 selected').waitFor();
  await expect.poll(changes).toBeGreaterThan(held.changes + 300);

  clearInterval(changing);
  for (const key of others.slice(0, 3)) {
    await expect.poll(() => rowAt(busy, key).locator('.ready').innerText()).toContain(`/${counts.get(key)}`);
  }
  const { frames, mutations, rows } = await noted();
  expect(new Set(frames).size).toBe(frames.length);
  expect(mutations - before.mutations).toBeLessThanOrEqual(frames.length - before.frames.length);
  expect(rows).toBe(100);
  await busy.context().close();
});
