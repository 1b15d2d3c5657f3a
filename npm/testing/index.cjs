'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { binary } = require('accountd');

const READY_WITHIN_MILLISECONDS = 30_000;
const STOPPED_WITHIN_MILLISECONDS = 10_000;
const LOOK_EVERY_MILLISECONDS = 2;

/** accountd did not start; the message is what it said. */
class NotStarted extends Error {
  name = 'NotStarted';
}

/** An own endpoint refused, and said why. */
class OwnEndpointError extends Error {
  name = 'OwnEndpointError';

  constructor(status, message) {
    super(`accountd answers ${status}: ${message}`);
    this.status = status;
  }
}

/** Service time: what AWS's rules see. It only moves forward. */
class Clock {
  #own;

  constructor(own) {
    this.#own = own;
  }

  async now() {
    return new Date((await this.#own('GET', 'clock')).now);
  }

  async advance(by) {
    return new Date((await this.#own('POST', 'clock', { advance: by })).now);
  }

  async set(to) {
    const instant = to instanceof Date ? to.toISOString() : to;
    return new Date((await this.#own('POST', 'clock', { set: instant })).now);
  }
}

/** Messages that were sent. */
class Outbox {
  #own;

  constructor(own) {
    this.#own = own;
  }

  async messages(filters = {}) {
    const given = Object.entries(filters).filter(([, value]) => value !== undefined);
    // A plus sign stays one: addresses have it.
    const query = given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    return (await this.#own('GET', `outbox?${query}`)).messages;
  }

  async code(filters = {}) {
    const found = (await this.messages(filters)).find((message) => message.code);
    if (!found) throw new Error(`no message with a code was sent (${JSON.stringify(filters)})`);
    return found.code;
  }

  async clear() {
    return (await this.#own('DELETE', 'outbox')).deleted;
  }
}

/** Answers that fail, come late or do not come. */
class Faults {
  #own;

  constructor(own) {
    this.#own = own;
  }

  rules() {
    return this.#own('GET', 'faults');
  }

  async replace(rules) {
    await this.#own('PUT', 'faults', rules);
  }

  async add(rule) {
    await this.replace([...(await this.rules()), rule]);
  }

  async fail(service, operation, code, { message = '', status = 400, times } = {}) {
    await this.add({ service, operation, fail: { status, code, message }, ...(times && { times }) });
  }

  async clear() {
    await this.#own('DELETE', 'faults');
  }
}

/** One accountd, in memory. */
class Server {
  #process;
  #ended;
  #directory;
  #url;

  constructor() {
    this.clock = new Clock((...request) => this.#own(...request));
    this.outbox = new Outbox((...request) => this.#own(...request));
    this.faults = new Faults((...request) => this.#own(...request));
  }

  /** Where it answers. */
  get url() {
    if (!this.#url) throw new NotStarted('the server does not run');
    return this.#url;
  }

  async start({ seed, time = 'real', delays, arguments: more = [] } = {}) {
    this.#directory = fs.mkdtempSync(path.join(os.tmpdir(), 'accountd-'));
    const ready = path.join(this.#directory, 'ready.json');
    const flags = ['--listen', '127.0.0.1:0', '--in-memory', '--ready-file', ready, '--time', time];
    if (delays) flags.push('--delays', delays);
    if (seed !== undefined) flags.push('--seed', this.#seedFile(seed));
    const log = fs.openSync(path.join(this.#directory, 'log.txt'), 'w');
    // What the environment says of accountd is for the one that a person starts.
    const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('ACCOUNTD_'));
    const child = spawn(binary(), [...flags, ...more], {
      env: Object.fromEntries(environment),
      stdio: ['ignore', log, log],
    });
    fs.closeSync(log);
    this.#process = child;
    let failure;
    this.#ended = new Promise((resolve) => {
      child.on('exit', resolve);
      child.on('error', (error) => resolve((failure = error)));
    });
    process.on('exit', this.#kill);
    const deadline = Date.now() + READY_WITHIN_MILLISECONDS;
    while (!fs.existsSync(ready)) {
      if (failure || child.exitCode !== null || Date.now() > deadline) {
        const said = failure?.message ?? this.log().trim();
        await this.stop();
        throw new NotStarted(said || 'accountd is not ready');
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MILLISECONDS));
    }
    this.#url = `http://${JSON.parse(fs.readFileSync(ready, 'utf8')).address}`;
    return this;
  }

  #seedFile(seed) {
    if (typeof seed === 'string' && !seed.includes('\n')) return seed;
    const file = path.join(this.#directory, 'seed.yaml');
    fs.writeFileSync(file, typeof seed === 'string' ? seed : JSON.stringify(seed));
    return file;
  }

  #kill = () => this.#process?.kill('SIGKILL');

  /** Ends it. Nothing is left. */
  async stop() {
    const child = this.#process;
    if (!child) return;
    this.#process = this.#url = undefined;
    process.off('exit', this.#kill);
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOPPED_WITHIN_MILLISECONDS);
    await this.#ended;
    clearTimeout(late);
    fs.rmSync(this.#directory, { recursive: true, force: true });
  }

  /** What it said on standard error. */
  log() {
    const file = path.join(this.#directory ?? '', 'log.txt');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }

  async #own(method, endpoint, members) {
    const answer = await fetch(`${this.url}/_accountd/${endpoint}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: members === undefined ? undefined : JSON.stringify(members),
    });
    const page = await answer.json();
    if (!answer.ok) throw new OwnEndpointError(answer.status, page.message);
    return page;
  }

  /** Everything as after the first start. */
  async reset() {
    await this.#own('POST', 'reset');
  }

  export() {
    return this.#own('GET', 'export');
  }

  async restore(state) {
    await this.#own('POST', 'import', state);
  }

  /** CloudTrail's records of what was called, oldest first. */
  async events(account) {
    const { events } = await this.export();
    return events.filter((event) => account === undefined || event.account === account).map((event) => event.record);
  }

  async credentials({ account, role, user } = {}) {
    if (account === undefined) {
      if (role || user) throw new TypeError('of which account? A role or a user needs account');
      return { accessKeyId: 'test', secretAccessKey: 'test' };
    }
    if (!role && !user) return { accessKeyId: `admin${account}`, secretAccessKey: 'test' };
    const given = await this.#own('POST', 'credentials', { account, ...(role && { role }), ...(user && { user }) });
    return {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      ...(given.SessionToken && { sessionToken: given.SessionToken, expiration: new Date(given.Expiration) }),
    };
  }

  /** What a client of the AWS SDK takes, as somebody. */
  async config({ region = 'us-east-1', ...who } = {}) {
    return { endpoint: this.url, region, credentials: await this.credentials(who) };
  }

  /** The variables with which the AWS CLI and SDKs reach it as somebody. */
  async env({ region = 'us-east-1', ...who } = {}) {
    const keys = await this.credentials(who);
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_DEFAULT_REGION: region,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      ...(keys.sessionToken && { AWS_SESSION_TOKEN: keys.sessionToken }),
    };
  }
}

if (Symbol.asyncDispose) {
  Server.prototype[Symbol.asyncDispose] = Server.prototype.stop;
}

/** Starts a server. */
function start(options) {
  return new Server().start(options);
}

/** A server for the tests of this file: started before them, reset before each, ended after them. */
function withAccountd(hooks, options) {
  const server = new Server();
  (hooks.beforeAll ?? hooks.before)(async () => {
    await server.start(options);
  });
  hooks.beforeEach(() => server.reset());
  (hooks.afterAll ?? hooks.after)(() => server.stop());
  return server;
}

module.exports = { NotStarted, OwnEndpointError, Server, start, withAccountd };
