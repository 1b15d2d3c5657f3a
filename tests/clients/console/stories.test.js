// The story of each screen of the console, in a browser: somebody who may, and somebody who is refused.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { ListRegionsCommand } = require('@aws-sdk/client-account');
const { COMPANY, accessible, actAs, done, outcome, picture, story } = require('./browser.js');

const MEMBER = '/accounts/222222222222';
const company = ['--seed', COMPANY];

/** Waits for the sign of something that is under way. */
const waiting = (page, word) => page.locator('.sign.waiting', { hasText: word }).first().waitFor();

test('a newcomer makes an organization, an account and a unit, and moves the account', story([], async (page) => {
  await page.goto('/');
  await accessible(page);
  await page.getByRole('link', { name: 'whom to act as' }).click();
  await page.getByRole('button', { name: 'root user of 000000000000' }).click();
  await page.getByRole('button', { name: 'Create an organization' }).click();
  await done(page);

  await page.getByText('Create an account', { exact: true }).click();
  await page.getByLabel('Name', { exact: true }).first().fill('dev');
  await page.getByLabel('E-mail address of the root user').fill('dev@example.com');
  await page.getByRole('button', { name: 'Create account' }).click();
  await waiting(page, 'IN_PROGRESS');
  await page.goto('/control');
  await page.getByText('is created').waitFor();
  await page.getByRole('button', { name: '+1 min' }).click();

  await page.goto('/');
  await page.getByText('New unit below').click();
  await page.locator('#form-create-unit').getByLabel('Name').fill('Workloads');
  await page.getByRole('button', { name: 'Create unit' }).click();
  const row = page.getByRole('row', { name: /dev@example.com/ });
  const account = await row.getAttribute('data-account');
  // By keyboard alone: mark the row, choose the unit, press the button.
  await row.getByRole('radio').focus();
  await page.keyboard.press('Space');
  await page.getByLabel('Move the marked account to').focus();
  await page.keyboard.press('W');
  await page.getByRole('button', { name: 'Move account' }).focus();
  await page.keyboard.press('Enter');
  await outcome(page).getByText('organizations:MoveAccount', { exact: true }).waitFor();
  await page.locator('.tree').getByRole('link', { name: 'Workloads' }).click();
  await page.getByRole('row', { name: new RegExp(account) }).waitFor();
  await page.getByRole('link', { name: account }).click();
  await page.getByText(`AWS_ACCESS_KEY_ID=${account}`).waitFor();

  // The management account may look after its members once it trusts Account Management.
  await page.getByRole('button', { name: 'Enable af-south-1' }).click();
  await outcome(page).locator('b', { hasText: 'AccessDeniedException' }).waitFor();
  await page.goto('/');
  await page.getByText('Trust a service').click();
  await page.getByRole('button', { name: 'Enable trusted access' }).click();
  await done(page);
  await page.goto(`/accounts/${account}`);
  await page.getByRole('button', { name: 'Enable af-south-1' }).click();
  await waiting(page, 'ENABLING');
}));

test('an account is dragged to another unit', story(company, async (page) => {
  await actAs(page, '111111111111:root');
  await page.goto('/units/ou-root-workload');
  const row = page.getByRole('row', { name: /Member@example.com/ });
  await row.dragTo(page.locator('[data-unit="ou-root-lockedou"]'), { sourcePosition: { x: 220, y: 10 } });
  await done(page);
  await page.goto('/units/ou-root-lockedou');
  await page.getByRole('row', { name: /Member@example.com/ }).waitFor();
  await accessible(page);
  await picture(page, 'organization');
}));

test('an account is looked after', story([...company, '--delays', 'aws'], async (page, server) => {
  await actAs(page, '111111111111:user/admin');
  await page.goto(MEMBER);
  await page.getByText('Add the BILLING contact').click();
  const form = page.locator('#form-contact-BILLING');
  await form.getByLabel('Name').fill('Bill');
  await form.getByLabel('Title').fill('Finance');
  await form.getByLabel('E-mail address').fill('bill@example.com');
  await form.getByLabel('Phone').fill('none!');
  await form.getByRole('button').click();
  await form.getByText('does not match input string').waitFor();
  assert.equal(await form.getByLabel('Name').inputValue(), 'Bill');
  await accessible(page);
  await form.getByLabel('Phone').fill('+12065550123');
  await form.getByRole('button').click();
  await done(page);

  await page.getByRole('button', { name: 'Enable af-south-1' }).click();
  await waiting(page, 'ENABLING');
  await page.getByText('2:00 left').waitFor();
  // It says by itself when it has come.
  await server.advance('3m');
  await page.getByRole('link', { name: 'what was waited for has come' }).click();
  await page.getByRole('button', { name: 'Disable af-south-1' }).waitFor();
  await page.getByRole('button', { name: 'Enable eu-south-2' }).click();
  await waiting(page, 'ENABLING');
  await page.locator('summary', { hasText: /^Change$/ }).click();
  await page.getByLabel('New address').fill('new@example.com');
  await page.getByRole('button', { name: 'Start the update' }).click();
  await waiting(page, 'PENDING');
  await picture(page, 'account');
  await page.getByRole('button', { name: 'Accept the update' }).click();
  await done(page);
  await page.goto('/control');
  await page.getByRole('button', { name: '+1 h', exact: true }).click();
  await page.goto(`${MEMBER}?regions=switched`);
  await page.getByRole('button', { name: 'Disable af-south-1' }).waitFor();
  await page.getByText('new@example.com', { exact: true }).first().waitFor();
}));

test('who is refused sees it in the words of AWS, and who may mends it', story(company, async (page) => {
  await actAs(page, '444444444444:user/admin');
  await page.goto('/accounts/444444444444');
  await page.getByRole('button', { name: 'Enable af-south-1' }).click();
  await outcome(page).getByText('with an explicit deny in a service control policy').waitFor();
  assert.equal(new URL(page.url()).pathname, '/accounts/444444444444', 'the address is that of the page');
  await accessible(page);
  await outcome(page).getByText('as AWS CLI').click();
  await outcome(page).getByText('account enable-region').waitFor();
  await outcome(page).getByRole('link', { name: 'why' }).click();
  await page.getByRole('heading', { name: '→ account:EnableRegion' }).waitFor();
  await page.getByRole('status').getByText('REFUSED').waitFor();
  await accessible(page);
  await picture(page, 'why');
  await page.getByText('Edit account-is-locked as a draft').click();
  const draft = page.getByLabel('Document of p-locked00');
  await draft.fill((await draft.inputValue()).replace('Deny', 'Allow'));
  await accessible(page);
  await page.getByRole('button', { name: 'Ask again with this draft' }).click();
  await page.getByRole('status').getByText('ALLOWED').waitFor();
  await page.getByRole('link', { name: 'As stored' }).click();
  await page.getByRole('status').getByText('REFUSED').waitFor();

  await actAs(page, '111111111111:user/admin');
  await page.goto('/units/ou-root-lockedou');
  await page.getByRole('row', { name: /account-is-locked/ }).getByRole('button', { name: 'Detach' }).click();
  await done(page);
  await actAs(page, '444444444444:user/admin');
  await page.goto('/accounts/444444444444');
  await page.getByRole('button', { name: 'Enable af-south-1' }).click();
  await done(page);
}));

test('calls come by themselves, are filtered, and played again', story(company, async (page, server) => {
  await server.client('222222222222').send(new ListRegionsCommand({}));
  await actAs(page, '222222222222:user/nobody');
  await page.goto(MEMBER);
  await page.getByRole('button', { name: 'Enable af-south-1' }).click();
  await outcome(page).locator('.sign.bad').waitFor();
  await page.goto('/calls');
  await page.getByRole('row', { name: /ListRegions/ }).waitFor();
  await server.client('222222222222').send(new ListRegionsCommand({}));
  await page.getByRole('link', { name: '1 new' }).click();
  assert.equal(await page.getByRole('row', { name: /ListRegions/ }).count(), 2);
  await accessible(page);
  await picture(page, 'calls');
  await page.getByLabel('only refused').check();
  await page.getByRole('button', { name: 'Show' }).click();
  assert.equal(await page.getByRole('row').count(), 2);
  await page.getByRole('row', { name: /EnableRegion/ }).getByRole('link').first().click();
  await page.getByRole('heading', { name: 'EnableRegion' }).waitFor();
  await accessible(page);
  const record = page.url();
  await actAs(page, '222222222222:user/admin');
  await page.goto(record);
  await page.getByText('Play again').first().click();
  await page.getByLabel('As', { exact: true }).fill('222222222222:user/admin');
  await page.getByRole('button', { name: 'Play again' }).click();
  await done(page);
}));

test('the control room moves the clock, orders faults and shows codes', story(company, async (page) => {
  await actAs(page, '111111111111:user/admin');
  await page.goto(MEMBER);
  await page.locator('summary', { hasText: /^Change$/ }).click();
  await page.getByLabel('New address').fill('new@example.com');
  await page.getByRole('button', { name: 'Start the update' }).click();
  const code = await page.getByLabel('Code', { exact: true }).inputValue();
  await page.goto('/control');
  await page.getByText(code, { exact: true }).waitFor();
  await page.getByText('Order a fault').click();
  await page.getByLabel('Operation').selectOption('account:ListRegions');
  await page.getByLabel('Error code').fill('ServiceUnavailable');
  await page.getByRole('button', { name: 'Order', exact: true }).click();
  await page.getByText('fails with 503').waitFor();
  await accessible(page);
  await picture(page, 'control-room');
  await page.getByRole('button', { name: 'Remove fault 1' }).click();
  await page.getByText('None is ordered').waitFor();

  // Taken away, changed, and brought back.
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export all of it' }).click();
  const file = await (await download).path();
  await page.getByRole('button', { name: 'Empty the outbox' }).click();
  await page.getByText('No message was sent yet').waitFor();
  await page.locator('summary', { hasText: /^Import$/ }).click();
  await page.getByLabel('File').setInputFiles(file);
  await page.getByRole('button', { name: 'Yes: import' }).click();
  await outcome(page).getByText('the state was replaced').waitFor();
  await page.getByText(code, { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Count them by kind' }).first().click();
  await page.getByText('Roots and units').waitFor();
}));

test('a policy is tried before it is attached', story(company, async (page) => {
  await actAs(page, '222222222222:user/admin');
  await page.goto(MEMBER);
  await page.getByRole('button', { name: 'Enable af-south-1' }).click();
  await done(page);
  await actAs(page, '111111111111:root');
  await page.goto('/units/ou-root-workload');
  await page.getByText('Attach a policy').click();
  await page.locator('#form-attach').getByLabel('Policy').selectOption({ label: 'account-is-locked (SERVICE_CONTROL_POLICY)' });
  await page.getByRole('button', { name: 'What if?' }).click();
  await page.getByText('1 would be answered otherwise').waitFor();
  await accessible(page);
  await page.getByRole('link', { name: 'why: account:EnableRegion' }).click();
  await page.getByRole('status').getByText('REFUSED').waitFor();
  await page.goBack();
  await page.getByRole('button', { name: 'Attach it' }).click();
  await done(page);
  await actAs(page, '222222222222:user/admin');
  await page.goto(MEMBER);
  await page.getByRole('button', { name: 'Enable eu-south-1' }).click();
  await outcome(page).getByText('explicit deny in a service control policy').waitFor();
}));

test('identities are made, and documents are checked while one types', story(company, async (page) => {
  await actAs(page, '222222222222:user/admin');
  await page.goto(`${MEMBER}/iam?tab=policies`);
  await page.getByText('New policy').click();
  const form = page.locator('#form-create-policy');
  await form.getByLabel('Name').fill('looks');
  const document = await form.getByLabel('Document').inputValue();
  await form.getByLabel('Document').fill('{\n "Version": ]');
  await form.getByText('Line 2, column').waitFor();
  await form.getByLabel('Document').fill(document);
  await form.getByText('A good document').waitFor();
  await form.getByRole('button').click();
  await page.getByRole('link', { name: 'looks' }).click();
  await page.locator('.numbered').getByText('account:Get*').waitFor();
  await accessible(page);

  await page.goto(`${MEMBER}/iam/users/nobody`);
  await page.getByRole('button', { name: 'Create access key' }).click();
  await outcome(page).getByText('SecretAccessKey').waitFor();
  await accessible(page);
  await page.goto(`${MEMBER}/iam?tab=providers`);
  await page.getByText('New OpenID Connect provider').click();
  await page.getByLabel('URL of the issuer').fill('https://issuer.example/a');
  await page.locator('#form-create-oidc').getByRole('button').click();
  await page.getByRole('link', { name: 'issuer.example/a' }).click();
  await page.getByText('Add a tag').click();
  await page.locator('#form-tag').getByLabel('Key').fill('colour');
  await page.locator('#form-tag').getByLabel('Value').fill('blue');
  await page.locator('#form-tag').getByRole('button').click();
  await page.getByText('Change colour').click();
  await page.locator('#form-tag-0').getByLabel('Value').fill('red');
  await page.locator('#form-tag-0').getByRole('button').click();
  await done(page);
  await page.getByText('colour=red').waitFor();
  await accessible(page);
  await page.goto(`${MEMBER}/iam/users/nobody`);
  await page.locator('summary', { hasText: 'Give it a password' }).click();
  await page.locator('#form-password').getByLabel('Password').fill('short');
  await page.locator('#form-password').getByRole('button').click();
  await outcome(page).locator('.sign.bad').waitFor();
  assert.equal(await page.locator('#form-password').getByLabel('Password').inputValue(), '', 'no password is repeated');
  await accessible(page);

  await page.goto(`${MEMBER}/iam/users/admin`);
  await page.getByText('AdministratorAccess').first().waitFor();
  await picture(page, 'identities');
}));
