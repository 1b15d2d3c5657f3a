// One story across the screens, from an accountd that holds nothing: an account is vended, refused, finds out why, and is let
// through, without a terminal.

const { test } = require('node:test');
const { accessible, actAs, done, outcome, story } = require('./browser.js');

// What the console's page in docs/ tells a newcomer, step by step. Nothing is there before, and no terminal is used.
test('vend, be refused, ask why, try a draft, apply it, succeed', story([], async (page) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'whom to act as' }).click();
  await page.getByRole('button', { name: 'root user of 000000000000' }).click();
  await page.getByRole('button', { name: 'Create an organization' }).click();
  await done(page);
  await page.getByText('Policy types').click();
  await page.getByRole('button', { name: 'Enable SERVICE_CONTROL_POLICY' }).click();
  await done(page);
  await page.getByText('Create an account', { exact: true }).click();
  const create = page.locator('#form-create-account');
  await create.getByLabel('Name', { exact: true }).fill('vended');
  await create.getByLabel('E-mail address of the root user').fill('vended@example.com');
  await create.getByRole('button').click();
  await done(page);
  await page.goto('/control');
  await page.getByRole('button', { name: '+1 min' }).click();
  await outcome(page).waitFor();

  await page.goto('/policies');
  await page.getByText('New policy').click();
  const policy = page.locator('#form-create-policy');
  await policy.getByLabel('Name', { exact: true }).fill('no-new-regions');
  await policy.getByLabel('Description').fill('Regions stay as they are');
  await policy.getByRole('button').click();
  await done(page);
  const address = await page.getByRole('link', { name: 'no-new-regions' }).getAttribute('href');

  await page.goto('/');
  const row = page.getByRole('row', { name: /vended@example.com/ });
  const account = await row.getAttribute('data-account');
  await page.goto(`/accounts/${account}`);
  await page.getByText('Attach a policy').click();
  await page.locator('#form-attach').getByLabel('Policy').selectOption({ label: 'no-new-regions (SERVICE_CONTROL_POLICY)' });
  await page.getByRole('button', { name: 'Attach policy' }).click();
  await done(page);

  await page.getByRole('button', { name: 'Act as its root user here' }).click();
  await page.getByRole('button', { name: 'Enable af-south-1' }).click();
  await outcome(page).getByText('explicit deny in a service control policy').waitFor();
  await outcome(page).getByRole('link', { name: 'why' }).click();
  await page.getByText('REFUSED').first().waitFor();
  await accessible(page);

  await page.getByText('Edit no-new-regions as a draft').click();
  const draft = page.getByLabel('Document of');
  const drafted = (await draft.inputValue()).replace('account:EnableRegion', 'account:DisableRegion');
  await draft.fill(drafted);
  await page.getByRole('button', { name: 'Ask again with this draft' }).click();
  await page.getByText('ALLOWED').first().waitFor();
  await accessible(page);

  await actAs(page, '000000000000:root');
  await page.goto(address);
  await page.getByText('Edit', { exact: true }).click();
  await page.locator('#form-update-policy').getByLabel('Document').fill(drafted);
  await page.getByRole('button', { name: 'Update policy' }).click();
  await done(page);

  await actAs(page, `${account}:root`);
  await page.goto(`/accounts/${account}`);
  await page.getByRole('button', { name: 'Enable af-south-1' }).click();
  await done(page);
  await page.goto('/control');
  await page.getByRole('button', { name: '+1 min' }).click();
  await page.goto(`/accounts/${account}?regions=switched`);
  await page.getByRole('button', { name: 'Disable af-south-1' }).waitFor();
}));
