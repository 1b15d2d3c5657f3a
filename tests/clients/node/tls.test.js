// TLS through the JavaScript SDK (F-TLS-1).

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { test } = require('node:test');
const { start } = require('./accountd.js');

const PROGRAM = `
  const { AccountClient, GetAccountInformationCommand } = require('@aws-sdk/client-account');
  const credentials = { accessKeyId: '111122223333', secretAccessKey: 'test' };
  const client = new AccountClient({ endpoint: process.argv[1], region: 'us-east-1', credentials, maxAttempts: 1 });
  client.send(new GetAccountInformationCommand({})).then((page) => console.log(page.AccountId));
`;

test('Node trusts the authority that NODE_EXTRA_CA_CERTS names', async () => {
  const server = await start('--tls', 'self');
  try {
    const run = (environment) =>
      execFileSync(process.execPath, ['-e', PROGRAM, server.url.replace('http:', 'https:')], {
        env: { ...process.env, ...environment },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    assert.equal(run({ NODE_EXTRA_CA_CERTS: server.ready.ca_file }).trim(), '111122223333');
    assert.throws(() => run({}), /self-signed|unable to (get|verify)/);
  } finally {
    assert.equal(await server.stop(), 0);
  }
});
