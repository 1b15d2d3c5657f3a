// A running accountd for the tests of this folder.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { AccountClient } = require('@aws-sdk/client-account');

const BINARY = process.env.ACCOUNTD_BINARY ?? path.resolve(__dirname, '../../../target/debug/accountd');
const READY_WITHIN_MILLISECONDS = 10_000;

/** Starts accountd with these flags; `stop` ends it and resolves to its exit code. */
async function start(...flags) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'accountd-node-'));
  const readyFile = path.join(directory, 'ready.json');
  const log = fs.openSync(path.join(directory, 'log.txt'), 'w');
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS|ACCOUNTD)_/.test(name)),
  );
  const all = ['--listen', '127.0.0.1:0', '--ready-file', readyFile, '--in-memory', ...flags];
  const child = spawn(BINARY, all, { cwd: directory, env: environment, stdio: ['ignore', log, log] });
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
  const deadline = Date.now() + READY_WITHIN_MILLISECONDS;
  while (!(fs.existsSync(readyFile) && fs.readFileSync(readyFile, 'utf8').endsWith('\n'))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`accountd is not ready:\n${fs.readFileSync(path.join(directory, 'log.txt'), 'utf8')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const ready = JSON.parse(fs.readFileSync(readyFile, 'utf8'));
  const url = `http://${ready.address}`;

  async function own(method, endpoint, members) {
    const answer = await fetch(url + endpoint, { method, body: members && JSON.stringify(members) });
    if (!answer.ok) throw new Error(`${endpoint}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  return {
    url,
    ready,
    /** A client as the root user of this account. It does not retry. */
    client: (account = 'test') =>
      new AccountClient({
        endpoint: url,
        region: 'us-east-1',
        credentials: { accessKeyId: account, secretAccessKey: 'test' },
        maxAttempts: 1,
      }),
    advance: (duration) => own('POST', '/_accountd/clock', { advance: duration }),
    outbox: async () => (await own('GET', '/_accountd/outbox')).messages,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

module.exports = { start };
