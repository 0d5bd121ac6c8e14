import axe from 'axe-core';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { inject } from 'vitest';
import type { IssuedCertificate } from './issue-certificate.ts';
import type { TestService } from './service.ts';

/** Instead of the 30 s of Playwright, which a busy machine may exceed. */
const TIMEOUT_MS = 110_000;
/** Chromium logs each answer that is an error, also those that the page expects. */
const ERROR_ANSWER = /^Failed to load resource: the server responded with a status of (4|5)\d\d/;

export interface OpenOptions extends BrowserContextOptions {
  /** Whose certificate the browser has. Default: that of the test client. */
  readonly client?: Pick<IssuedCertificate, 'cert' | 'key'>;
  /** The path and query. Default: `/`. */
  readonly path?: string;
  /** Where the service is. Default: at its own port. */
  readonly base?: string;
}

/** A real browser that opens the page of a service, and notes what it must not do. */
export class PageScene {
  /** Requests elsewhere, and what browsers complain about: both must stay empty. */
  readonly complaints: string[] = [];
  readonly #browser: Browser;
  readonly #origin: string;
  readonly #client: IssuedCertificate;

  private constructor(browser: Browser, service: TestService) {
    this.#browser = browser;
    this.#origin = `https://localhost:${service.port}`;
    this.#client = service.client;
  }

  static async start(service: TestService): Promise<PageScene> {
    const browser = await chromium.launch({
      executablePath: inject('chromium'),
      timeout: TIMEOUT_MS,
      args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    });
    return new PageScene(browser, service);
  }

  /** Opens the page in a browser of its own: other tabs share nothing with it. */
  async open({
    client = this.#client,
    path = '/',
    base = this.#origin,
    ...options
  }: OpenOptions = {}): Promise<Page> {
    const { cert, key } = client;
    const context = await this.#browser.newContext({
      baseURL: base,
      viewport: { width: 1280, height: 800 },
      ignoreHTTPSErrors: true,
      // The browser connects to Playwright, which connects to the service with the client certificate.
      clientCertificates: [{ origin: this.#origin, cert: Buffer.from(cert), key: Buffer.from(key) }],
      ...options,
    });
    context.setDefaultTimeout(TIMEOUT_MS);
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${base}/`) && !url.startsWith('blob:')) this.complaints.push(`requested ${url}`);
    });
    context.on('console', (message) => {
      const isBad = message.type() === 'error' || message.type() === 'warning';
      if (isBad && !ERROR_ANSWER.test(message.text())) this.complaints.push(message.text());
    });
    context.on('weberror', (error) => this.complaints.push(error.error().stack ?? String(error.error())));
    return this.openTab(context, `${base}${path}`);
  }

  /** Opens one more tab beside those of a browser. */
  async openTab(context: BrowserContext, url = `${this.#origin}/`): Promise<Page> {
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  async stop(): Promise<void> {
    await this.#browser.close();
  }
}

/** The line of a Deployment: `cluster/namespace/name`. */
export function rowAt(page: Page, key: string) {
  return page.locator(`tr[data-key="${key}"]`);
}

/** The line below it that has its draft or its write. */
export function lineBelow(page: Page, key: string) {
  return page.locator(`tr.detail[data-of="${key}"]`);
}

/** What a checker finds against WCAG 2.2 AA, as `rule: selectors`. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const found = await page.evaluate<axe.AxeResults>(
    `axe.run(document, { runOnly: ${JSON.stringify(tags)} })`,
  );
  return found.violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ target, any }) => `${target} ${any[0]?.message ?? ''}`).join(', ')}`,
  );
}

/** Resolves once a dialog is gone. One that was closed cannot be seen, but takes the keys until the page has drawn. */
export async function dialogGone(page: Page): Promise<void> {
  await page.locator('dialog').waitFor({ state: 'detached' });
}
