// Account Management through the official JavaScript SDK: every command, errors as typed exceptions,
// and the paginator (F-CLIENT-10).

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http2 = require('node:http2');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const sdk = require('@aws-sdk/client-account');
const { start } = require('./accountd.js');

const MANAGEMENT = '111111111111';
const MEMBER = '222222222222';
const SEED = {
  organization: { management_account: MANAGEMENT, trusted_services: ['account.amazonaws.com'] },
  accounts: [
    { id: MANAGEMENT, name: 'Management', email: 'management@example.invalid' },
    {
      id: MEMBER,
      name: 'Member',
      email: 'member@example.invalid',
      created: '2024-02-29T12:00:00Z',
      gov_cloud: { account: '999999999999', state: 'ACTIVE' },
    },
  ],
};
const CONTACT = {
  FullName: 'Jane Doe',
  AddressLine1: '1 Main St',
  City: 'Seattle',
  StateOrRegion: 'WA',
  PostalCode: '98101',
  CountryCode: 'US',
  PhoneNumber: '+12065550123',
};

let server;
let client;
const called = new Set();

/** Sends the command of this name to the member account, and returns what it answers. */
async function call(name, members = {}, account = { AccountId: MEMBER }) {
  called.add(name);
  const { $metadata, ...answer } = await client.send(new sdk[`${name}Command`]({ ...account, ...members }));
  assert.equal($metadata.httpStatusCode, 200);
  assert.match($metadata.requestId, /^[0-9a-f-]{36}$/);
  return answer;
}

before(async () => {
  const seed = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'accountd-node-')), 'seed.yaml');
  fs.writeFileSync(seed, JSON.stringify(SEED));
  server = await start('--time', 'manual', '--seed', seed);
  client = server.client(MANAGEMENT);
});

after(async () => {
  client?.destroy();
  assert.equal(await server?.stop(), 0);
});

test('account name and information', async () => {
  assert.deepEqual(await call('GetAccountInformation'), {
    AccountId: MEMBER,
    AccountName: 'Member',
    AccountCreatedDate: new Date('2024-02-29T12:00:00Z'),
    AccountState: 'ACTIVE',
  });
  assert.deepEqual(await call('PutAccountName', { AccountName: 'Renamed' }), {});
  assert.equal((await call('GetAccountInformation')).AccountName, 'Renamed');
});

test('contact information and its phone number', async () => {
  assert.deepEqual(await call('PutContactInformation', { ContactInformation: CONTACT }), {});
  assert.deepEqual(await call('GetContactInformation'), {
    ContactInformation: CONTACT,
    VerificationStatus: 'UNVERIFIED',
  });
  assert.deepEqual(await call('SendPhoneNumberVerification'), { Status: 'PENDING' });
  const [{ code }] = await server.outbox();
  assert.deepEqual(await call('VerifyPhoneNumber', { Otp: code }), { Status: 'VERIFIED' });
});

test('alternate contacts', async () => {
  const contact = {
    AlternateContactType: 'SECURITY',
    Name: 'Sec',
    Title: 'CISO',
    EmailAddress: 'sec@example.invalid',
    PhoneNumber: '+1 555',
  };
  const kind = { AlternateContactType: 'SECURITY' };
  assert.deepEqual(await call('PutAlternateContact', contact), {});
  assert.deepEqual(await call('GetAlternateContact', kind), { AlternateContact: contact });
  assert.deepEqual(await call('DeleteAlternateContact', kind), {});
  await assert.rejects(call('GetAlternateContact', kind), (error) => {
    assert(error instanceof sdk.ResourceNotFoundException);
    assert.equal(error.message, 'No contact of the inputted alternate contact type found.');
    assert.equal(error.$metadata.httpStatusCode, 404);
    return true;
  });
});

test('Regions', async () => {
  const region = { RegionName: 'af-south-1' };
  assert.deepEqual(await call('EnableRegion', region), {});
  assert.equal((await call('GetRegionOptStatus', region)).RegionOptStatus, 'ENABLING');
  await assert.rejects(call('DisableRegion', region), sdk.ConflictException);
  await server.advance('2s');
  assert.equal((await call('GetRegionOptStatus', region)).RegionOptStatus, 'ENABLED');
  assert.deepEqual(await call('DisableRegion', region), {});
  assert.equal((await call('ListRegions', { MaxResults: 50 })).Regions.length, 34);
});

test('the paginator', async () => {
  const pages = [];
  for await (const page of sdk.paginateListRegions({ client, pageSize: 15 }, { AccountId: MEMBER })) {
    pages.push(page.Regions.map((region) => region.RegionName));
  }
  assert.deepEqual(
    pages.map((page) => page.length),
    [15, 15, 4],
  );
  assert.deepEqual(pages.flat(), pages.flat().toSorted());
});

test('primary e-mail address', async () => {
  const address = { PrimaryEmail: 'new@example.invalid' };
  assert.deepEqual(await call('StartPrimaryEmailUpdate', address), { Status: 'PENDING' });
  const code = (await server.outbox()).find((message) => message.to === 'new@example.invalid').code;
  const status = await call('GetPrimaryEmailUpdateStatus');
  assert.equal(status.Status, 'PENDING');
  assert(status.UpdatedAt instanceof Date);
  assert.deepEqual(await call('AcceptPrimaryEmailUpdate', { ...address, Otp: code }), { Status: 'ACCEPTED' });
  await server.advance('1s');
  assert.deepEqual(await call('GetPrimaryEmail'), address);
});

test('the linked account in AWS GovCloud (US)', async () => {
  const own = await call('GetGovCloudAccountInformation', {}, { StandardAccountId: MEMBER });
  assert.equal(own.GovCloudAccountId, '999999999999');
  await assert.rejects(call('GetGovCloudAccountInformation', {}, {}), sdk.ResourceNotFoundException);
});

test('errors are typed', async () => {
  await assert.rejects(call('ListRegions', { NextToken: 'invalid-token' }), (error) => {
    assert(error instanceof sdk.ValidationException);
    assert.equal(error.reason, 'fieldValidationFailed');
    assert.deepEqual(error.fieldList, [{ name: 'NextToken', message: 'NextToken is malformed' }]);
    return true;
  });
  await assert.rejects(call('ListRegions', {}, { AccountId: MANAGEMENT }), sdk.AccessDeniedException);
  const regions = ['ap-east-1', 'ap-east-2', 'ap-south-2', 'ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5'];
  for (const RegionName of regions) await call('EnableRegion', { RegionName }, {});
  await assert.rejects(
    call('EnableRegion', { RegionName: 'ap-southeast-7' }, {}),
    sdk.TooManyRequestsException,
  );
  const stranger = server.client('nobody');
  await assert.rejects(stranger.send(new sdk.GetAccountInformationCommand({})), {
    name: 'UnrecognizedClientException',
  });
  stranger.destroy();
});

test('HTTP/2 with prior knowledge', async () => {
  const session = http2.connect(server.url);
  const health = await new Promise((resolve, reject) => {
    const request = session.request({ ':path': '/_accountd/health' });
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
    request.on('end', () => resolve(JSON.parse(body))).on('error', reject);
    request.end();
  });
  assert.equal(health.status, 'running');
  session.close();
});

test('every command was called', () => {
  const commands = Object.keys(sdk).filter((name) => name.endsWith('Command') && !name.startsWith('$'));
  assert.equal(commands.length, 18);
  assert.deepEqual(
    commands.map((name) => name.slice(0, -'Command'.length)).filter((name) => !called.has(name)),
    [],
  );
});
