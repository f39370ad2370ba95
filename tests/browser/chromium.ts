/**
 * Real Chromium for tests: Debian's package, driven through a pipe, so that no test needs a network.
 *
 * @module
 */
import axeScript from "axe-core/axe.min.js" with { type: "text" };
import type { Browser, Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const INSTALL = "apt-get install -y chromium";

function chromiumPath(): string | null {
  for (const place of PLACES) {
    try {
      if (Deno.statSync(place).isFile) return place;
    } catch {
      // The next one.
    }
  }
  return null;
}

const PATH = chromiumPath();

if (PATH === null) console.warn(`Chromium is missing, so pages are not tested. To install it: ${INSTALL}`);

/** A test that needs Chromium; where it is missing, its name says so. */
export function browserTest(name: string, body: () => Promise<void>): void {
  const shown = PATH === null ? `${name} (left out, Chromium is missing: ${INSTALL})` : name;
  // The driver keeps its own process and pipes until the browser is closed.
  Deno.test({ name: shown, ignore: PATH === null, sanitizeOps: false, sanitizeResources: false, fn: body });
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
}

/** A page, and what went wrong in it so far: errors of scripts, what the policy forbade, requests, dialogs. */
export interface Opened {
  readonly page: Page;
  readonly troubles: string[];
}

let running: Promise<Browser> | null = null;

/** One for all pages of a test file: a start takes as long as a test. */
async function start(): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return await chromium.launch({ executablePath: PATH!, headless: true, args: FLAGS });
}

Deno.test.afterAll(async () => {
  await (await running)?.close();
});

/** Runs `body` with an empty page that shares nothing with those before it. */
export async function withPage(options: PageOptions, body: (opened: Opened) => Promise<void>): Promise<void> {
  const browser = await (running ??= start());
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 900 },
    colorScheme: options.scheme ?? "light",
    acceptDownloads: true,
  });
  try {
    // Two slow cores are shared with the tests that run beside this one.
    context.setDefaultTimeout(90_000);
    const page = await context.newPage();
    const troubles: string[] = [];
    page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") troubles.push(`console: ${message.text()}`);
    });
    page.on("dialog", (dialog) => {
      troubles.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await body({ page, troubles });
  } finally {
    await context.close();
  }
}

/** Opens a report from disk and waits until all of it is drawn. */
export async function openReport({ page }: Opened, path: string): Promise<void> {
  await page.goto(`file://${path}`);
  await page.waitForFunction(() =>
    document.getElementById("words") === null || document.documentElement.dataset.complete !== undefined
  );
}

/** Goes through the page once, so that everything that is drawn when it is seen has been seen. */
export async function seeAll(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let y = 0; y < document.documentElement.scrollHeight; y += 500) {
      scrollTo({ top: y, behavior: "instant" });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    scrollTo({ top: 0, behavior: "instant" });
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
}

/** Has a page that is opened next count how far what is on it moves by itself; returns what asks for the sum. */
export async function layoutShifts(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
        shifts.push(entry.value);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  return () =>
    page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts.reduce((sum, each) => sum + each, 0));
}

/** What axe-core finds, as `rule: element`. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the page's own policy does not bind.
  await page.evaluate(axeScript);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 200)}`)
    );
  });
}
