// What holds for every page: nothing that axe objects to, in light and in dark, from a narrow window to a wide one, by
// keyboard, and without scripts.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { COMPANY, accessible, actAs, done, picture, story } = require('./browser.js');

const PAGES = [
  '/', '/units/ou-root-workload', '/policies', '/policies/p-locked00', '/accounts', '/accounts/222222222222', '/identities',
  '/accounts/222222222222/iam', '/accounts/222222222222/iam?tab=roles', '/accounts/222222222222/iam/users/admin',
  '/accounts/222222222222/iam/roles/OrganizationAccountAccessRole', '/accounts/222222222222/iam/policies/reads-only',
  '/calls', '/why', '/why?principal=444444444444&action=account:ListRegions', '/why?who=organization&action=account:ListRegions', '/control?count=on', '/acting', '/acting?account=222222222222',
  '/accounts/222222222222/iam?tab=providers', '/accounts/222222222222/iam?tab=mfa', '/accounts/222222222222/iam?tab=instance-profiles',
  '/what-if?do=detach&policy=p-locked00&target=ou-root-lockedou', '/why?attach=p-locked00=r-root',
  // The last one is pictured.
  '/search?q=member',
];
const company = ['--seed', COMPANY];

for (const colorScheme of ['light', 'dark']) {
  test(`axe objects to no page in ${colorScheme}`, story(company, async (page) => {
    await actAs(page, '111111111111:root');
    for (const address of PAGES) {
      await page.goto(address);
      await accessible(page);
      await page.evaluate(() => document.querySelectorAll('details').forEach((fold) => { fold.open = true; }));
      await accessible(page);
    }
    if (colorScheme === 'dark') await picture(page, 'search-in-dark');
  }, { colorScheme }));
}

test('axe does object to what is wrong', story(company, async (page) => {
  await page.goto('/');
  await page.evaluate(() => document.querySelector('main').append(document.createElement('button')));
  await assert.rejects(accessible(page), /button-name/);
}));

test('an id is copied', story(company, async (page) => {
  await page.goto('/accounts/222222222222');
  await page.getByRole('button', { name: 'Copy 222222222222' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '222222222222');
  await page.getByRole('button', { name: 'Copy: Environment' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^export AWS_ENDPOINT_URL=.*\nexport AWS_REGION=us-east-1\n/);
}, { permissions: ['clipboard-read', 'clipboard-write'] }));

test('no page is wider than a narrow window', story(company, async (page) => {
  for (const address of PAGES) {
    await page.goto(address);
    await page.evaluate(() => document.querySelectorAll('details').forEach((fold) => { fold.open = true; }));
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `${address} is ${width} pixels wide`);
  }
}, { viewport: { width: 360, height: 700 } }));

test('the look is chosen and kept', story(company, async (page) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Look: dark' }).click();
  await page.goto('/accounts');
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
}));

test('a slash goes to the search', story(company, async (page) => {
  await page.goto('/');
  await page.keyboard.press('/');
  await page.keyboard.type('Workl');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Workloads' }).waitFor();
}));

test('all that does not move by itself works without scripts', story(company, async (page) => {
  await actAs(page, '111111111111:root');
  await page.goto('/');
  await page.getByText('New unit below').click();
  await page.locator('#form-create-unit').getByLabel('Name').fill('Sandbox');
  await page.getByRole('button', { name: 'Create unit' }).click();
  await done(page);
  await page.goto('/accounts/222222222222');
  await page.getByRole('button', { name: 'Enable af-south-1' }).click();
  await done(page);
}, { javaScriptEnabled: false }));
