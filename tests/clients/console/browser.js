// A Chromium that looks at a running accountd, and what every page of the console must hold to.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { chromium } = require('playwright-core');
const { start } = require('../node/accountd.js');

const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const ROOT = path.resolve(__dirname, '../../..');
const COMPANY = path.join(ROOT, 'crates/testing/src/company.yaml');

// Pictures of every run lie with what else is built; those in the docs are written only when asked for.
const PICTURES = path.join(ROOT, 'target/console');
const PICTURES_OF_THE_DOCS = process.env.ACCOUNTD_WRITE_PICTURES ? path.join(ROOT, 'docs/console') : null;

/** Starts accountd and a browser; `close` ends both, and fails where a page has complained in the browser's log. */
async function open(flags = [], options = {}) {
  const server = await start('--time', 'manual', ...flags);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // A container's root user has no other way.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  const context = await browser.newContext({
    baseURL: server.url,
    viewport: { width: 1200, height: 760 },
    colorScheme: 'light',
    ...options,
  });
  // A busy machine may take long for a page; what never comes fails all the same.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return {
    server,
    page,
    close: async () => {
      await browser.close();
      assert.equal(await server.stop(), 0);
      assert.deepEqual(complaints, [], 'the log of the browser');
    },
  };
}

/** Runs a story with accountd and a page of a browser. */
function story(flags, tell, options) {
  return async () => {
    const opened = await open(flags, options);
    try {
      await tell(opened.page, opened.server);
    } finally {
      await opened.close();
    }
  };
}

/** Asserts that axe finds nothing to object to by WCAG 2.2 AA. It is run beside the page's own policy, not through it. */
async function accessible(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }),
  );
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(' ')}`);
  assert.deepEqual(told, [], `accessibility of ${page.url()}`);
}

/** Keeps a picture of what is seen. */
async function picture(page, name) {
  fs.mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true });
  if (PICTURES_OF_THE_DOCS) {
    fs.mkdirSync(PICTURES_OF_THE_DOCS, { recursive: true });
    await page.screenshot({ path: path.join(PICTURES_OF_THE_DOCS, `${name}.jpg`), type: 'jpeg', quality: 55 });
  }
}

/** Acts as somebody from now on. */
async function actAs(page, who) {
  await page.goto('/acting');
  await page.getByLabel('Root user, user or role').fill(who);
  await page.getByRole('button', { name: 'Act as', exact: true }).click();
  await page.waitForURL('**/');
}

/** What came of the last operation. */
function outcome(page) {
  return page.locator('#outcome');
}

/** Waits until the last operation is told to have succeeded. Ids are drawn at random, so that no text of them is looked at. */
function done(page) {
  return page.locator('#outcome.done .sign.good').waitFor();
}

module.exports = { COMPANY, accessible, actAs, done, open, outcome, picture, story };
