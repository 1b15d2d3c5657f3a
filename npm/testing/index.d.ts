/** Who calls: an administrator of the account, or its role or user; the root user of 000000000000 where nothing is said. */
export interface Who {
  account?: string;
  /** The role's name. Its trust policy is not asked. */
  role?: string;
  user?: string;
}

export interface Options {
  /** A seed file's path, its text (several lines), or what it says as an object. */
  seed?: string | object;
  /** `real`, `manual`, or `x60`. */
  time?: string;
  /** `instant`, `aws`, or some of `enable=2s,disable=1s,account=1s,email=1s`. */
  delays?: string;
  /** Further flags of the program. */
  arguments?: string[];
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

/** Service time: what AWS's rules see. It only moves forward; signatures are judged by real time. */
export interface Clock {
  now(): Promise<Date>;
  /** Moves it by `24h`, `1h30m` or the like. */
  advance(by: string): Promise<Date>;
  set(to: string | Date): Promise<Date>;
}

export interface Message {
  id: string;
  channel: 'email' | 'sms';
  account: string;
  to: string;
  subject: string;
  body: string;
  code: string;
  sent_at: string;
  delivered_at?: string;
}

export interface Filters {
  to?: string;
  account?: string;
}

/** E-mails and text messages that were sent, newest first. */
export interface Outbox {
  messages(filters?: Filters): Promise<Message[]>;
  /** The one-time code in the newest message that has one. */
  code(filters?: Filters): Promise<string>;
  clear(): Promise<number>;
}

export interface Fault {
  service?: string;
  operation?: string;
  times?: number;
  fail?: { status: number; code: string; message?: string };
  delay_milliseconds?: number;
  disconnect?: true;
}

/** Answers that fail, come late or do not come. The first rule that matches a request applies to it. */
export interface Faults {
  rules(): Promise<Fault[]>;
  replace(rules: Fault[]): Promise<void>;
  add(rule: Fault): Promise<void>;
  fail(
    service: string,
    operation: string,
    code: string,
    more?: { message?: string; status?: number; times?: number },
  ): Promise<void>;
  clear(): Promise<void>;
}

/** One accountd, in memory. */
export declare class Server {
  readonly url: string;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly faults: Faults;
  start(options?: Options): Promise<this>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
  /** What it said on standard error. */
  log(): string;
  /** Everything as after the first start: the seed or nothing, no faults, real time. */
  reset(): Promise<void>;
  export(): Promise<Record<string, unknown>>;
  restore(state: Record<string, unknown>): Promise<void>;
  /** CloudTrail's records of what was called, oldest first; of one account if it is named. */
  events(account?: string): Promise<Record<string, unknown>[]>;
  credentials(who?: Who): Promise<Credentials>;
  /** What a client of the AWS SDK takes. */
  config(who?: Who & { region?: string }): Promise<{ endpoint: string; region: string; credentials: Credentials }>;
  /** The variables with which the AWS CLI and SDKs reach it. */
  env(who?: Who & { region?: string }): Promise<Record<string, string>>;
}

/** Starts a server. */
export declare function start(options?: Options): Promise<Server>;

type Hook = (run: () => Promise<void>) => unknown;

/** The hooks of vitest, jest (`beforeAll`, `afterAll`) or node:test (`before`, `after`). */
export type Hooks = { beforeEach: Hook } & ({ beforeAll: Hook; afterAll: Hook } | { before: Hook; after: Hook });

/** A server for the tests of this file: started before them, reset before each, ended after them. */
export declare function withAccountd(hooks: Hooks, options?: Options): Server;

/** accountd did not start; the message is what it said. */
export declare class NotStarted extends Error {}

/** An own endpoint refused, and said why. */
export declare class OwnEndpointError extends Error {
  readonly status: number;
}
