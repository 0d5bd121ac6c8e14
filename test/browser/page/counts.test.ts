import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { dialogGone, lineBelow, PageScene, rowAt, violations } from '../../support/page-scene.ts';
import { PATIENT_WRITES, TestService } from '../../support/service.ts';

/** Single counts on the page: seeing, drafting, setting and undoing them. */

let demo: FakeApiServer;
let service: TestService;
let scene: PageScene;
let page: Page;

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY });
  demo.autoscalers.add({ namespace: 'shop', name: 'cart', spec: { minReplicas: 2, maxReplicas: 4 } });
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig, timing: PATIENT_WRITES })).synced();
  await service.autoscalersKnown('shop');
  scene = await PageScene.start(service);
  page = await scene.open();
});
afterAll(async () => {
  await scene?.stop();
  await service?.stop();
  await demo?.stop();
});
// Loading it again is quicker than another browser, and as good: nothing of a count outlives it.
beforeEach(async () => {
  await page.goto('/');
  await rowAt(page, MINE).getByRole('button', { name: 'One more' }).waitFor();
});
afterEach(() => {
  expect(scene.complaints).toEqual([]);
});

const MINE = 'default/default/my-deployment';
const CART = 'default/shop/cart';
const LEDGER = 'default/payments/ledger';

const replicas = async (namespace: string, name: string) =>
  (await service.count(namespace, name)).body as { replicaCount: number };

/** Sets a count behind the back of the page, and waits until it shows it. */
async function shown(namespace: string, name: string, count: number): Promise<void> {
  demo.deployments.scale(namespace, name, count);
  demo.deployments.report(namespace, name);
  const row = rowAt(page, `default/${namespace}/${name}`);
  await expect.poll(() => row.locator('.ready').innerText()).toBe(`${count}/${count}`);
}

it('shows each Deployment with its count, its pods, who else sets it, and its phase', async () => {
  await expect.poll(() => page.locator('tr.row').count()).toBe(demo.deployments.size);
  const row = rowAt(page, CART);
  expect(await row.locator('button.name').innerText()).toBe('shop/cart');
  expect(await row.locator('.badge').innerText()).toBe('HPA cart');
  expect(await row.locator('.badge').getAttribute('title')).toContain('keeps the count between 2 and 4');
  expect(await row.locator('.phase').innerText()).toBe('stable');
  await row.locator('button.name').click();
  expect(await lineBelow(page, CART).innerText()).toContain('its scaleTargetRef names the Deployment');
});

it('shows what another client changes, and who did it, without reloading', async () => {
  await service.scale('default', 'my-deployment', 6);
  const row = rowAt(page, MINE);
  await expect.poll(() => row.getByLabel('Count of').inputValue()).toBe('6');
  expect(await row.locator('.change').innerText()).toMatch(/ → 6 by client just now/);
  await expect.poll(() => row.locator('.phase').innerText()).toContain('progressing');
  await shown('default', 'my-deployment', 3);
  expect(await row.locator('.change').innerText()).toContain('6 → 3 by kubectl');
});

it('removes a Deployment that is deleted, and adds one that is created', async () => {
  demo.deployments.create({ namespace: 'shop', name: 'basket', replicas: 2 });
  await rowAt(page, 'default/shop/basket').waitFor();
  demo.deployments.delete('shop', 'basket');
  await rowAt(page, 'default/shop/basket').waitFor({ state: 'detached' });
});

it('drafts a count with its forecast, sets it, and shows its way until all pods are ready', async () => {
  await shown('default', 'my-deployment', 3);
  const [row, line] = [rowAt(page, MINE), lineBelow(page, MINE)];
  await row.getByRole('button', { name: 'One more' }).click();
  await row.getByRole('button', { name: 'One more' }).click();
  await line.getByText('will stay').waitFor();
  expect((await replicas('default', 'my-deployment')).replicaCount).toBe(3);
  await line.getByRole('button', { name: 'Set to 5: default/my-deployment' }).click();
  await line.getByText('3 of 5 ready').waitFor();
  demo.deployments.report('default', 'my-deployment', { readyReplicas: 4, replicas: 5 });
  await line.getByText('4 of 5 ready').waitFor();
  demo.deployments.report('default', 'my-deployment');
  await expect.poll(() => line.locator('.reached').allInnerTexts()).toEqual(['set', 'seen', 'ready']);
  expect(await page.getByRole('status').innerText()).toBe('default/my-deployment: set 3 → 5, all ready');
});

it('says that a write is stuck, and why, and then who has undone it', async () => {
  await shown('default', 'my-deployment', 3);
  await rowAt(page, MINE).getByLabel('Count of').fill('7');
  await lineBelow(page, MINE).getByText('will stay').waitFor();
  await rowAt(page, MINE).getByLabel('Count of').press('Enter');
  await lineBelow(page, MINE).getByText('3 of 7 ready').waitFor();
  demo.deployments.report('default', 'my-deployment', {
    replicas: 7,
    readyReplicas: 3,
    availableReplicas: 3,
    updatedReplicas: 7,
    conditions: [
      {
        type: 'Progressing',
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: 'it has timed out progressing',
      },
    ],
  });
  await lineBelow(page, MINE)
    .getByText('set 3 → 7, but it is stuck: ProgressDeadlineExceeded: it has timed out progressing')
    .waitFor();
  demo.deployments.scale('default', 'my-deployment', 4);
  await lineBelow(page, MINE).getByText('set 3 → 7, but kubectl set it to 4').waitFor();
  await lineBelow(page, MINE).getByRole('button', { name: 'Hide' }).click();
  await lineBelow(page, MINE).waitFor({ state: 'detached' });
});

it('warns of a count that an autoscaler may change', async () => {
  await shown('shop', 'cart', 4);
  await rowAt(page, CART).getByRole('button', { name: 'One fewer' }).click();
  await lineBelow(page, CART).getByText('may be changed by HorizontalPodAutoscaler/cart').waitFor();
});

it('is refused a count that an autoscaler undoes, says the remedy, and sets it in spite of that', async () => {
  await shown('shop', 'cart', 4);
  const line = lineBelow(page, CART);
  await rowAt(page, CART).getByLabel('Count of').fill('8');
  await line.getByText('keeps 2 to 4 and undoes 8').waitFor();
  expect(await line.innerText()).toContain('kubectl patch hpa cart');
  expect(await line.innerText()).not.toContain('force=true');
  await rowAt(page, CART).getByLabel('Count of').press('Enter');
  expect((await replicas('shop', 'cart')).replicaCount).toBe(4);
  await line.getByRole('button', { name: 'in spite of that' }).click();
  await line.getByText('4 of 8 ready').waitFor();
  expect((await replicas('shop', 'cart')).replicaCount).toBe(8);
});

it('offers no count beyond a rail, and is refused one that is typed', async () => {
  await shown('payments', 'ledger', 10);
  const more = rowAt(page, LEDGER).getByRole('button', { name: 'One more' });
  await expect.poll(() => more.getAttribute('aria-disabled')).toBe('true');
  expect(await more.getAttribute('title')).toBe('annotation k8s-deployment-scaler/max: at most 10');
  await rowAt(page, LEDGER).focus();
  await page.keyboard.press('+');
  await page.getByRole('status').getByText('at most 10').waitFor();
  await rowAt(page, LEDGER).getByLabel('Count of').fill('20');
  await lineBelow(page, LEDGER).getByText('at most 10 (20 asked)').waitFor();
  expect(await lineBelow(page, LEDGER).getByRole('button').allInnerTexts()).toEqual(['Drop']);
});

it('sets a count only if it is still the one that was seen', async () => {
  await shown('default', 'my-deployment', 3);
  // The page asks while the count is 3, and somebody is quicker.
  await page.route('**/replica-count*', async (route) => {
    if (!route.request().url().includes('dryRun')) await service.scale('default', 'my-deployment', 9);
    await route.continue();
  });
  onTestFinished(() => page.unrouteAll());
  await rowAt(page, MINE).getByLabel('Count of').fill('5');
  await rowAt(page, MINE).getByLabel('Count of').press('Enter');
  await lineBelow(page, MINE).getByText('the count was not 3 any longer').waitFor();
  expect((await replicas('default', 'my-deployment')).replicaCount).toBe(9);
});

it('filters by words, and by a label selector that the service evaluates, and has it in the address', async () => {
  const names = () => page.locator('button.name').allInnerTexts();
  await page.getByRole('searchbox').fill('shop hpa');
  await expect.poll(names).toEqual(['shop/cart']);
  await page.getByRole('searchbox').fill('app.kubernetes.io/managed-by in (Helm),!canary');
  await expect.poll(names).toEqual(['shop/catalog']);
  await expect
    .poll(() => new URL(page.url()).searchParams.get('filter'))
    .toBe('app.kubernetes.io/managed-by in (Helm),!canary');
  await page.reload();
  await expect.poll(names).toEqual(['shop/catalog']);
  await page.getByRole('searchbox').fill('app in (cart,catalog');
  await page.getByRole('alert').getByText('expected "," or ")" at character 21').waitFor();
});

it('shows no row of the last selector while a new one is being asked, and selects none', async () => {
  const names = () => page.locator('button.name').allInnerTexts();
  await page.getByRole('searchbox').fill('app.kubernetes.io/name in (cart,catalog)');
  await expect.poll(names).toEqual(['shop/cart', 'shop/catalog']);
  await rowAt(page, CART).getByRole('checkbox').waitFor();
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route(/\/scale\?labelSelector/, async (route) => {
    await promise;
    await route.continue();
  });
  await page.getByRole('searchbox').fill('-l app.kubernetes.io/name=ledger');
  await page.getByText('Asking the service which Deployments the selector selects').waitFor();
  expect(await names()).toEqual([]);
  expect(await page.getByRole('checkbox').count()).toBe(0);
  await page.keyboard.press('Enter');
  resolve();
  await expect.poll(names).toEqual(['payments/ledger']);
  await page.unrouteAll();
  expect(await page.getByRole('table').getAttribute('aria-busy')).toBe('false');
  await page.getByRole('searchbox').fill('-l app=(');
  await page.getByText('The selector has no answer, so nothing is shown').waitFor();
  expect(await names()).toEqual([]);
});

it('sorts by a column, and the other way round', async () => {
  await shown('payments', 'payment-api', 40);
  const first = () => page.locator('button.name').first().innerText();
  const count = page.getByRole('columnheader', { name: 'Count' });
  await count.getByRole('button').click();
  await count.getByRole('button').click();
  await expect.poll(first).toBe('payments/payment-api');
  expect(await count.getAttribute('aria-sort')).toBe('descending');
});

it('is used with the keyboard alone', async () => {
  await shown('default', 'my-deployment', 3);
  await page.keyboard.press('/');
  await page.keyboard.type('default');
  await expect.poll(() => page.locator('tr.row').count()).toBe(1);
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('tr.row:focus').count()).toBe(1);
  await page.keyboard.press('+');
  await lineBelow(page, MINE).getByText('will stay').waitFor();
  await page.keyboard.press('Escape');
  await lineBelow(page, MINE).waitFor({ state: 'detached' });
  await page.keyboard.press('7');
  await lineBelow(page, MINE).getByText('3 → 7').waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(() => replicas('default', 'my-deployment')).toEqual({ replicaCount: 7 });
  demo.deployments.report('default', 'my-deployment');
  await lineBelow(page, MINE).locator('.reached', { hasText: 'ready' }).waitFor();
  await page.keyboard.press('u');
  await lineBelow(page, MINE).getByText('7 → 3').waitFor();
  await lineBelow(page, MINE).getByText('will stay').waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(() => replicas('default', 'my-deployment')).toEqual({ replicaCount: 3 });
  await lineBelow(page, MINE).locator('.reached', { hasText: 'seen' }).waitFor();
  await page.keyboard.press('0');
  await lineBelow(page, MINE).getByText('3 → 0').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Next and previous row').waitFor();
  await page.keyboard.press('Escape');
  await dialogGone(page);
  await page.keyboard.press('/');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('tr.row:focus').count()).toBe(1);
  await rowAt(page, 'default/ingress/gateway').getByRole('checkbox').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('x');
  await page.getByText('1 selected').waitFor();
});

describe('with Shift, from the row that was selected last,', () => {
  const PAYMENTS = ['fraud-check', 'ledger', 'payment-api'].map((name) => `default/payments/${name}`);
  const [first = '', second = '', last = ''] = PAYMENTS;
  const selected = () =>
    page.evaluate<string[]>(
      `[...document.querySelectorAll('tr.row.selected')].map((row) => row.dataset.key)`,
    );

  beforeEach(async () => {
    await page.getByRole('searchbox').fill('payments');
    // Only what may be set has a box, and it is read for one row after the other.
    await expect.poll(() => page.locator('tr.row').getByRole('checkbox').count()).toBe(PAYMENTS.length);
  });

  it('a click selects all rows to this one, and takes them out again', async () => {
    const click = (key: string) =>
      rowAt(page, key)
        .getByRole('checkbox')
        .click({ modifiers: ['Shift'] });
    await rowAt(page, first).getByRole('checkbox').click();
    await click(last);
    await expect.poll(selected).toEqual(PAYMENTS);
    await click(second);
    await expect.poll(selected).toEqual([first]);
  });

  it('x selects all rows to this one, upwards too', async () => {
    await rowAt(page, last).locator('button.name').focus();
    await page.keyboard.press('x');
    await page.keyboard.press('k');
    await page.keyboard.press('k');
    await page.keyboard.press('Shift+X');
    await expect.poll(selected).toEqual(PAYMENTS);
    await page.getByText('3 selected').waitFor();
  });
});

it('drafts the count before with u, however long it is held, and sets it with Enter or the button', async () => {
  await shown('default', 'my-deployment', 3);
  for (const count of ['4', '5']) {
    await rowAt(page, MINE).getByLabel('Count of').fill(count);
    await rowAt(page, MINE).getByLabel('Count of').press('Enter');
    await lineBelow(page, MINE).locator('.reached', { hasText: 'seen' }).waitFor();
  }
  const writes: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') writes.push(new URL(request.url()).search);
  });
  // The keyboard is elsewhere, and goes to the row whose count is to be taken back.
  await rowAt(page, LEDGER).locator('button.name').focus();
  await page.keyboard.down('u');
  await page.keyboard.down('u');
  await page.keyboard.up('u');
  await lineBelow(page, MINE).getByText('5 → 4').waitFor();
  await lineBelow(page, MINE).getByText('will stay').waitFor();
  expect(writes.filter((query) => !query.includes('dryRun=true'))).toEqual([]);
  await expect.poll(() => rowAt(page, MINE).evaluate('document.activeElement.dataset.key')).toBe(MINE);
  await page.keyboard.press('Enter');
  await lineBelow(page, MINE).locator('.reached', { hasText: 'seen' }).waitFor();
  expect((await replicas('default', 'my-deployment')).replicaCount).toBe(4);
  expect(writes.filter((query) => query.includes('currentReplicas=5'))).toHaveLength(1);
  await lineBelow(page, MINE).getByRole('button', { name: 'Undo: draft 3' }).click();
  await lineBelow(page, MINE).getByText('4 → 3').waitFor();
  await lineBelow(page, MINE).getByRole('button', { name: 'Set to 3' }).click();
  await lineBelow(page, MINE).locator('.reached', { hasText: 'seen' }).waitFor();
  expect((await replicas('default', 'my-deployment')).replicaCount).toBe(3);
});

it('keeps what is typed when its row moves, and asks to look at the new count first', async () => {
  await shown('default', 'my-deployment', 3);
  const count = page.getByRole('columnheader', { name: 'Count' }).getByRole('button');
  await count.click();
  await count.click();
  const input = rowAt(page, MINE).getByLabel('Count of');
  await rowAt(page, MINE).focus();
  await page.keyboard.press('1');
  demo.deployments.scale('default', 'my-deployment', 90);
  await expect.poll(() => page.locator('button.name').first().innerText()).toBe('default/my-deployment');
  await page.keyboard.press('2');
  expect(await input.inputValue()).toBe('12');
  demo.deployments.scale('default', 'my-deployment', 80);
  await lineBelow(page, MINE).getByText('kubectl has set it to 80 since').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('status').getByText('Look at it, then set it again').waitFor();
  expect((await replicas('default', 'my-deployment')).replicaCount).toBe(80);
});

/** The values of a row that have neither a heading above them nor their name beside them. */
function unnamed(of: Page, key: string): Promise<string[]> {
  return of.evaluate<string[]>(`
    ['count', 'ready', 'phase', 'owner'].filter((column) => {
      const heading = document.querySelector('thead .' + column);
      const cell = document.querySelector('tr[data-key="${key}"] > .' + column);
      const name = JSON.stringify(heading.innerText.trim());
      const isBelow = Math.abs(heading.getBoundingClientRect().left - cell.getBoundingClientRect().left) < 1;
      return !isBelow && !getComputedStyle(cell, '::before').content.startsWith(name);
    })
  `);
}

describe.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 360],
  ['dark', 360],
] as const)('in %s at a width of %i pixels', (colorScheme, width) => {
  it('violates no rule of WCAG 2.2 AA, with drafts, refusals, a selection and dialogs', async () => {
    await shown('shop', 'cart', 4);
    await shown('default', 'my-deployment', 3);
    const narrow = await scene.open({
      colorScheme,
      // So high that the bar of the selection covers no row: axe takes a box that can be scrolled to for one that is too small.
      viewport: { width, height: 2400 },
      reducedMotion: 'reduce',
    });
    onTestFinished(() => narrow.context().close());
    await rowAt(narrow, MINE).getByRole('button', { name: 'One more' }).click();
    await rowAt(narrow, CART).getByLabel('Count of').fill('8');
    await lineBelow(narrow, CART).getByText('keeps 2 to 4').waitFor();
    await lineBelow(narrow, MINE).getByText('will stay').waitFor();
    await rowAt(narrow, MINE).locator('button.name').click();
    await rowAt(narrow, LEDGER).getByRole('checkbox').check();
    await rowAt(narrow, MINE).getByRole('checkbox').check();
    await narrow.getByText('2 selected').waitFor();
    expect(await violations(narrow)).toEqual([]);
    expect(await narrow.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await unnamed(narrow, CART)).toEqual([]);
    await narrow.getByRole('button', { name: 'Park (0)' }).click();
    await narrow.getByText('Nothing is changed yet').waitFor();
    expect(await violations(narrow)).toEqual([]);
    await narrow.keyboard.press('Escape');
    for (const name of ['Receipts', 'Help']) {
      await narrow.getByRole('button', { name }).click();
      await narrow.getByRole('dialog').waitFor();
      expect(await violations(narrow)).toEqual([]);
      await narrow.keyboard.press('Escape');
      await dialogGone(narrow);
    }
  });
});
