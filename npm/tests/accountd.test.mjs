// What is installed from the packed packages, in a folder with nothing else: the program, and a server for a test file.

import { execFileSync } from 'node:child_process';
import { AccountClient, EnableRegionCommand, GetRegionOptStatusCommand } from '@aws-sdk/client-account';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { NotStarted, OwnEndpointError, start, withAccountd } from '@accountd/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

const TRUST = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }] };
const SEED = {
  accounts: [
    {
      id: '111122223333',
      name: 'One',
      email: 'one@example.com',
      iam: { users: [{ name: 'ann' }], roles: [{ name: 'Auditor', trust_policy: TRUST }] },
    },
  ],
};
const accountd = withAccountd({ beforeAll, beforeEach, afterAll }, { seed: SEED });

async function arn(who) {
  const sts = new STSClient(await accountd.config(who));
  return (await sts.send(new GetCallerIdentityCommand({}))).Arn;
}

test('npx runs the program', () => {
  expect(execFileSync('npx', ['--offline', 'accountd', '--version'], { encoding: 'utf8' })).toMatch(/^accountd \d/);
});

test('somebody calls', async () => {
  expect(await arn()).toBe('arn:aws:iam::000000000000:root');
  expect(await arn({ account: '111122223333', user: 'ann' })).toBe('arn:aws:iam::111122223333:user/ann');
  const session = 'arn:aws:sts::111122223333:assumed-role/Auditor/accountd';
  expect(await arn({ account: '111122223333', role: 'Auditor' })).toBe(session);
  await expect(accountd.credentials({ account: '111122223333', role: 'Nobody' })).rejects.toThrow(OwnEndpointError);
});

// Twice, as the second finds nothing of the first.
for (const round of [1, 2]) {
  test(`time is moved, and nothing is left of another test (${round})`, async () => {
    const client = new AccountClient(await accountd.config({ account: '111122223333' }));
    const status = async () =>
      (await client.send(new GetRegionOptStatusCommand({ RegionName: 'af-south-1' }))).RegionOptStatus;
    expect(await status()).toBe('DISABLED');
    await client.send(new EnableRegionCommand({ RegionName: 'af-south-1' }));
    expect(await status()).toBe('ENABLING');
    await accountd.clock.advance('1h');
    expect(await status()).toBe('ENABLED');
    expect((await accountd.events('111122223333')).map((event) => event.eventName)).toContain('EnableRegion');
  });
}

test('faults are ordered and end', async () => {
  await accountd.faults.fail('sts', 'GetCallerIdentity', 'RequestExpired', { times: 1 });
  await expect(arn()).rejects.toMatchObject({ name: 'RequestExpired' });
  expect(await arn()).toMatch(/:root$/);
  expect(await accountd.outbox.messages({ to: 'a+b@example.com' })).toEqual([]);
  await expect(accountd.outbox.code()).rejects.toThrow('no message with a code');
});

test('what cannot start says why', async () => {
  await expect(start({ time: 'x1' })).rejects.toThrow(NotStarted);
  const other = await start();
  expect(other.url).not.toBe(accountd.url);
  await other.stop();
  expect(() => other.url).toThrow(NotStarted);
});
