/** tapps for Node.js: an embedded cache shared by every process of a user. */
/// <reference types="node" />
import { EventEmitter } from 'node:events';

/** A path, or the file: URL of one. */
export type FilePath = string | URL;

/** Bytes going in. Strings are stored as UTF-8. */
export type Bytes = string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

import type { ErrorCode } from './codes.js';

/** TypeErrors on bad arguments, unknown options among them, have the code TAPPS_INVALID, too. */
export type { ErrorCode };

export class TappsError extends Error {
  readonly name: 'TappsError';
  readonly code: ErrorCode;
  /** errno of the system call that failed. */
  readonly errno?: number;
  /** SQLite's extended result code. */
  readonly sqliteCode?: number;
  /** Status of the answer that made the call fail. */
  readonly httpStatus?: number;
  /** How long to wait before trying again. */
  readonly retryAfterMs?: number;
  /** The entry's present version, with TAPPS_EXISTS of a swap; 0: there is none. */
  readonly version?: number;
}

/** Durations are milliseconds; Infinity means without limit, for `ttlMs` without expiry. A lifetime
 * of 0 is refused. */
export interface OpenOptions {
  /** Never writes the file; needs an existing one. */
  readOnly?: boolean;
  /** Fetches answer from the cache or fail with TAPPS_OFFLINE. */
  offline?: boolean;
  /** Bound of the memory tier; 64 MiB. */
  memoryBytes?: number;
  memoryEntries?: number;
  /** Bound of the file set; 1 GiB. */
  diskBytes?: number;
  diskEntries?: number;
  /** Read into memory after the open, in the background: what was used last; none. */
  preloadBytes?: number;
  /** How the memory tier chooses what to forget; adaptive. */
  policy?: 'adaptive' | 'lru';
  /** Bound of what is not yet written; 32 MiB. */
  queueBytes?: number;
  /** Longest time an async put waits for its commit; 20 ms. */
  commitIntervalMs?: number;
  /** 5 s. */
  openTimeoutMs?: number;
  /** Wait for room in the queue, or for a sync commit; 3 s. */
  putTimeoutMs?: number;
  /** Lifetime of entries put without one; none. */
  ttlMs?: number;
  userAgent?: string;
  /** Of fetches, a URL; none: the environment is not read. */
  proxy?: string;
  /** Hosts reached without the proxy. */
  noProxy?: string[];
  /** Further query parameters and header fields that are secrets; a name stands for those that end
   * in it too. */
  secretNames?: string[];
  /** No private, loopback or link-local address may answer a fetch. */
  denyPrivate?: boolean;
  /** Set-Cookie reaches the file; else it stays in memory. */
  keepSetCookie?: boolean;
  /** Obeys RFC 9111 as a shared cache. */
  sharedHttp?: boolean;
  /** Of fetches, PEM; the system's. */
  caFile?: FilePath;
  /** Requests under way to one origin; 5. */
  maxConcurrency?: number;
  /** Consecutive failures that open an origin's breaker; 5. */
  breakFailures?: number;
  /** First time an open breaker stays open; 30 s. */
  breakMs?: number;
  /** Answers to requests with credentials reach the file, the credentials do not. */
  keepCredentialed?: boolean;
  /** The WAL is checkpointed from half of it on; 8 MiB. */
  walBytes?: number;
  /** No commit begins beyond; 64 MiB. */
  maxWalBytes?: number;
  /** For the file to let a load or fetch be the only one; 50 ms. */
  leaseWaitMs?: number;
  /** How long an answer stands in for an origin that fails; 1 day; 0: not at all. */
  staleIfErrorMs?: number;
  /** Bound of a lifetime guessed from Last-Modified; 1 day; 0: none is guessed. */
  maxHeuristicMs?: number;
  /** Fetches that wait for a place at one origin; 1,024. */
  maxWaiting?: number;
  /** What origins' breakers have, and others unless opened with their own: as BreakerOptions. */
  maxBreakMs?: number;
  breakSuccesses?: number;
  breakFailureRate?: number;
  breakSlowRate?: number;
  breakSlowMs?: number;
  breakWindowCalls?: number;
  breakWindowMs?: number;
  breakMinCalls?: number;
  retryMs?: number;
  maxRetryMs?: number;
  retryReserve?: number;
  retryPercent?: number;
}

export interface SpaceOption {
  /** 1 to 255 bytes of UTF-8; "default". Names that begin with "tapps." can only be read. */
  namespace?: string;
}

export interface GetOptions extends SpaceOption {
  /** Also answers with an entry inside its stale window. */
  allowStale?: boolean;
  /** Does not count as a use. */
  peek?: boolean;
  /** Never touches the disk: TAPPS_WOULD_BLOCK instead. */
  cachedOnly?: boolean;
  /** Also answers with entries that remember "not found". */
  showNegative?: boolean;
}

export interface PutOptions extends SpaceOption {
  ttlMs?: number;
  /** Window after the lifetime in which `allowStale` serves the entry; none. */
  staleMs?: number;
  /** async: committed within commitIntervalMs; memory: never written; sync: committed when it
   * resolves; full: fsynced when it resolves. */
  durability?: 'async' | 'memory' | 'sync' | 'full';
  /** Remembers "not found"; for 60 s unless ttlMs says otherwise. */
  negative?: boolean;
  /** Every use prolongs the lifetime. */
  sliding?: boolean;
  timeoutMs?: number;
  contentType?: string;
  source?: string;
  tags?: string[];
  /** An object kept beside the value. */
  json?: object;
}

/** What entries of a namespace get when their put does not say. */
export interface NamespaceDefaults {
  ttlMs?: number;
  staleMs?: number;
  /** Of negative entries; 60 s. */
  negativeTtlMs?: number;
}

export interface LoadOptions extends PutOptions, SignalOption {
  load?: {
    /** Wait for somebody else's load; 30 s; 0: none. */
    timeoutMs?: number;
    /** Time to load, after which somebody else may; 30 s. */
    leaseMs?: number;
    /** How long a load takes, for refreshing early; measured; 0: no early refresh. */
    earlyMs?: number;
  };
}

/** Makes a value; undefined: there is none. */
export type Loader = (
  key: Bytes,
  context: SignalOption,
) => Bytes | undefined | PromiseLike<Bytes | undefined>;

export interface SignalOption {
  /** Rejects with signal.reason at once. */
  signal?: AbortSignal;
}

export type Origin = 'memory' | 'disk' | 'network' | 'revalidated' | 'installed';

export interface Entry {
  value: Buffer;
  version: number;
  /** Milliseconds since 1970, as all instants here. */
  createdAt: number;
  expiresAt?: number;
  staleUntil?: number;
  ageMs: number;
  stale: boolean;
  /** Remembers "not found"; only with `showNegative`. */
  negative: boolean;
  servedFrom: Origin;
  contentType?: string;
  source?: string;
  tags: string[];
  json?: object;
}

export interface ListedEntry {
  key: Buffer;
  namespace: string;
  size: number;
  contentType?: string;
  createdAt: number;
  expiresAt?: number;
  lastUsedAt?: number;
  hits: number;
  stale: boolean;
  negative: boolean;
}

export interface WalkOptions extends SpaceOption {
  /** First bytes of the key. */
  prefix?: Bytes;
  /** Every namespace, in place of `namespace`. */
  allNamespaces?: boolean;
}

/** What fetch() takes beyond the Fetch standard. Of the standard it heeds method, headers, body,
 * cache, redirect, integrity and signal; other members, known or not, are without effect, as there. */
export interface FetchInit extends RequestInit {
  /** How the cache is used, by the Fetch standard; "default". */
  cache?: 'default' | 'reload' | 'no-store' | 'force-cache' | 'only-if-cached' | 'no-cache';
  /** Of the whole call; 30 s. */
  timeoutMs?: number;
  /** 10 s. */
  connectTimeoutMs?: number;
  /** After decoding; 64 MiB. */
  maxBodyBytes?: number;
  /** 10; 0: none are followed, the 3xx answer is returned. */
  maxRedirects?: number;
  /** Lifetime given to the answer in place of its own. */
  ttlMs?: number;
  /** Refuses private, loopback and link-local addresses, as connected to. */
  denyPrivate?: boolean;
  /** Of an idempotent request that failed in a way that may pass, 1 to 10; none. */
  retries?: number;
  /** From the start to the first byte of the answer; no bound. */
  firstByteMs?: number;
  /** Fails when slower than lowSpeedBytes a second for so long, in whole seconds; no bound. */
  lowSpeedMs?: number;
  lowSpeedBytes?: number;
  /** Of all header fields; 256 KiB. */
  maxHeaderBytes?: number;
}

export interface FetchManyInit extends FetchInit {
  /** Under way at a time; 8. */
  parallel?: number;
  /** Yields the answers in the order of the URLs, else as they come. */
  inOrder?: boolean;
}

/** One of many fetches: its response, or why there is none. */
export interface FetchResult {
  index: number;
  url: string;
  response?: CachedResponse;
  error?: unknown;
}

/** A standard Response. Its status may be outside 200..599, where an origin answers so. */
export interface CachedResponse extends Response {
  readonly tapps: {
    readonly servedFrom: Origin;
    readonly ageMs: number;
    readonly stale: boolean;
    /** RFC 9211 Cache-Status of this call. */
    readonly cacheStatus?: string;
    readonly warning?: string;
  };
  clone(): CachedResponse;
}

export interface DocsOptions extends SignalOption {
  /** Picks sections by their headings and text; the overview. */
  topic?: string;
  /** Exact; locked in the project, installed there, newest known. */
  version?: string;
  /** "npm", "pypi"; the first that knows the library. */
  ecosystem?: string;
  /** Where to look first. */
  projectRoot?: FilePath;
  /** Further node_modules and site-packages folders. */
  paths?: FilePath[];
  /** Network source: {ecosystem}, {library}, {version} are filled in. */
  urlTemplate?: string;
  /** Looks at the sources even when the cache has an answer. */
  refresh?: boolean;
  /** Leaves out sources on the network. */
  offline?: boolean;
  /** 10 s. */
  timeoutMs?: number;
  /** Bound of the answer; 8,000; Infinity: the whole document. */
  maxTokens?: number;
}

export interface Document {
  text: string;
  library?: string;
  version?: string;
  ecosystem?: string;
  source?: string;
  /** Headings of the sections chosen. */
  topics: string[];
  contentType?: string;
  /** Estimated language-model tokens. */
  tokens: number;
  ageMs: number;
  stale: boolean;
  servedFrom: Origin;
  warning?: string;
}

export interface PlanOptions {
  paths?: FilePath[];
  urlTemplate?: string;
  refresh?: boolean;
  offline?: boolean;
  /** Lookups at once, 1 to 16; 3. */
  concurrency?: number;
  /** Of each library; 10 s. */
  timeoutMs?: number;
  /** Network requests allowed in the run; no limit. */
  maxRequests?: number;
}

export interface WarmOptions extends PlanOptions, SignalOption {
  onProgress?(event: WarmProgress): void;
}

export interface WarmProgress {
  total: number;
  done: number;
  current?: string;
  code?: number | string;
  bytes?: number;
  etaMs?: number;
}

export interface WarmResult {
  total: number;
  fetched: number;
  skipped: number;
  failed: number;
  bytes: number;
  durationMs: number;
  failures: { library: string; code: number | string; message: string }[];
}

export interface Plan {
  root: string;
  requests: number;
  items: {
    library: string;
    ecosystem: string;
    version?: string | null;
    constraint?: string | null;
    kind: string;
    direct: boolean;
    priority: number;
    manifest: string;
    line: number;
    fresh: boolean;
    requests: number;
  }[];
  diagnostics: { file: string; line: number; message: string }[];
}

export interface BreakerOptions {
  /** Consecutive failures that open it; 5. */
  failures?: number;
  /** Of probes that close it again; 2. */
  successes?: number;
  /** First time it stays open; 30 s. */
  openMs?: number;
  /** Doubling ends here; 5 min. */
  maxOpenMs?: number;
  /** Calls under way at once; 5. */
  maxConcurrency?: number;
  /** Calls under way at once while half open; 1. */
  probes?: number;
  /** A call that has not ended by then gives its place back; 60 s. */
  leaseMs?: number;
  /** Callers that wait for a permit; 100. */
  maxWaiting?: number;
  /** Percent of the window's calls that failed, which open it; not watched. */
  failureRate?: number;
  /** Percent of the window's calls that were slow, which open it; not watched. */
  slowRate?: number;
  /** A call that takes as long is slow; 5 s. */
  slowMs?: number;
  /** The window is as many latest calls; 100. */
  windowCalls?: number;
  /** The window is so much time instead. */
  windowMs?: number;
  /** Calls in the window below which rates say nothing; 10. */
  minCalls?: number;
  /** Of one call (retryDelay); 2; 0: none. */
  retries?: number;
  /** Longest delay before the first retry; doubles with each; 100 ms. */
  retryMs?: number;
  /** Doubling ends here; 10 s. */
  maxRetryMs?: number;
  /** Retries of all calls before any has earned one; 5; 0: none. */
  retryReserve?: number;
  /** Retries that a hundred calls earn; 10; 0: none. */
  retryPercent?: number;
  /** How long execute() and acquire() wait for a place, of this object; not at all. */
  waitMs?: number;
  /** Which errors count against the callee, of this object; all but AbortError. "local": a failure
   * whose reason may lie with this process alone, which others are not told. */
  isFailure?(error: unknown): boolean | 'local';
}

/** The right to make one call, to be reported once. */
export interface Permit {
  report(outcome: 'success' | 'failure' | 'ignored' | 'localFailure'): void;
  /** As report('ignored'), unless it was reported. */
  [Symbol.dispose](): void;
}

export interface BreakerState {
  state: 'closed' | 'open' | 'half-open';
  forced: 'auto' | 'open' | 'closed';
  /** 0 unless open. */
  retryAfterMs: number;
  failuresInRow: number;
  inFlight: number;
  successes: number;
  failures: number;
  ignored: number;
  rejected: number;
  transitions: number;
  /** Callers in line. */
  waiting: number;
  /** The longest wait the service asked any caller for; 0: none. */
  quotaMs: number;
  windowCalls: number;
  windowFailures: number;
  windowSlow: number;
}

export class Breaker {
  private constructor();
  readonly name: string;
  /** Runs the operation under a permit. When the breaker is open (TAPPS_OPEN_CIRCUIT) or full
   * (TAPPS_BUSY), or the operation fails, answers with the fallback, or rejects without one. */
  execute<T>(operation: () => T | PromiseLike<T>): Promise<T>;
  execute<T, U>(
    operation: () => T | PromiseLike<T>,
    fallback: (error: unknown) => U | PromiseLike<U>,
  ): Promise<T | U>;
  /** Asks to make a call: rejects with TAPPS_OPEN_CIRCUIT, TAPPS_QUOTA or TAPPS_BUSY; after a wait
   * with TAPPS_TIMEOUT. */
  acquire(options?: { waitMs?: number } & SignalOption): Promise<Permit>;
  /** How many milliseconds to wait before a call that failed is made once more. `attempt`: how often
   * it was made; `status`: what HTTP answered. Throws when it is not worth it (TAPPS_UNSUPPORTED),
   * was made often enough (TAPPS_FULL), or the breaker is open. */
  retryDelay(failed: { attempt: number; status?: number; retryAfterMs?: number }): number;
  /** Tells that the service takes no more than so many calls within a time. */
  limit(calls: number, withinMs: number): void;
  /** Holds it open or closed; "auto" ends that, closes it and forgets. */
  force(mode: 'auto' | 'open' | 'closed'): void;
  read(): BreakerState;
}

export type CacheState =
  | 'ok' | 'read_only' | 'memory' | 'locked' | 'full' | 'failed' | 'wal_pinned' | 'closed';

/** The cache has entered another mode. */
export interface StateEvent {
  state: CacheState;
  /** One line on the reason; may be empty. */
  why: string;
}

/** A breaker, of a service or of an origin of fetches, has changed its state. */
export interface BreakerEvent {
  name: string;
  from: BreakerState['state'];
  to: BreakerState['state'];
  /** It is held there by hand. */
  forced: boolean;
  /** How long it stays open; 0 unless it opened. */
  openMs: number;
  at: number;
}

/** An open cache. After close, every call fails with TAPPS_CLOSED. */
export class Cache extends EventEmitter {
  private constructor();
  /** The path of the file, ":memory:" without one. */
  readonly path: string;
  readonly state: CacheState;

  /** The value, or undefined. From memory without waiting, else read off the event loop. */
  get(key: Bytes, options?: GetOptions & SignalOption): Promise<Buffer | undefined>;
  /** As get, at once: from memory in a microsecond, from disk in some. */
  getSync(key: Bytes, options?: GetOptions): Buffer | undefined;
  getEntry(key: Bytes, options?: GetOptions & SignalOption): Promise<Entry | undefined>;
  getEntrySync(key: Bytes, options?: GetOptions): Entry | undefined;
  /** Whether get would find the key. */
  has(key: Bytes, options?: SpaceOption & SignalOption): Promise<boolean>;
  /** The version of what get would find, for swap; 0: nothing. */
  version(key: Bytes, options?: SpaceOption & SignalOption): Promise<number>;
  /** The value; when it is not there, what the loader makes, which is stored. All who ask at the same
   * time, other processes too, share one run of a loader. A stale value is answered at once while
   * its successor is loaded. What the loader made is good also when it could not be stored; options
   * that are refused reject. undefined: remembered as not there, or the loader says so. */
  getOrLoad(key: Bytes, loader: Loader, options?: LoadOptions): Promise<Buffer | undefined>;
  /** Visible to this process when the call returns, to others after the commit. */
  put(key: Bytes, value: Bytes, options?: PutOptions & SignalOption): Promise<void>;
  putSync(key: Bytes, value: Bytes, options?: PutOptions): void;
  /** In order; undefined for keys that are not there. One view of the file. */
  getMany(keys: Iterable<Bytes>, options?: GetOptions): Promise<(Buffer | undefined)[]>;
  /** All in one transaction. */
  putMany(entries: Iterable<readonly [Bytes, Bytes]>, options?: PutOptions): Promise<void>;
  /** Stores the value if the entry has this version (0: if it is not there), committed; the new
   * version. TAPPS_EXISTS: it has another one. */
  swap(
    key: Bytes,
    version: number,
    value: Bytes,
    options?: PutOptions & SignalOption,
  ): Promise<number>;
  /** A key that is not there is no error. */
  delete(
    key: Bytes,
    options?: SpaceOption & Pick<PutOptions, 'durability'> & SignalOption,
  ): Promise<void>;
  /** Removes what meets every condition; the number removed, committed. */
  deleteAll(options?: WalkOptions & { tag?: string } & SignalOption): Promise<number>;
  /** Counts what meets every condition, and the bytes of its keys and values. */
  count(
    options?: WalkOptions & { tag?: string } & SignalOption,
  ): Promise<{ entries: number; bytes: number }>;
  /** Gives an entry a new lifetime from now on. */
  touch(key: Bytes, ttlMs: number, options?: SpaceOption & SignalOption): Promise<void>;
  /** Sets the defaults of a namespace for entries put from now on; without any: the cache's. */
  setNamespace(namespace: string, defaults?: NamespaceDefaults): void;
  /** Resolves when everything put before is committed. */
  flush(options?: SignalOption & { timeoutMs?: number }): Promise<void>;
  /** Committed entries, in no particular order. */
  entries(options?: WalkOptions): AsyncGenerator<ListedEntry, void, undefined>;
  /** A snapshot of everything counted by this process. */
  stats(): Record<string, any>;

  /** As the standard fetch, through the cache (RFC 9111). Bound: may be passed on by itself. The
   * answer is read whole before the promise resolves. A failure rejects with a TypeError, which has
   * the code and details of the TappsError that is its `cause`. */
  readonly fetch: (input: string | URL | Request, init?: FetchInit) => Promise<CachedResponse>;
  /** Many fetches with the same options, a few at a time. A failure of one is its result; an abort
   * throws, and leaving the loop ends the rest. */
  fetchMany(
    urls: Iterable<string | URL>,
    init?: FetchManyInit,
  ): AsyncGenerator<FetchResult, void, undefined>;
  /** Switches the network off or on for all fetches of the cache in this process. */
  setOffline(offline: boolean): void;
  /** What the documentation of a library says. */
  docs(library: string, options?: DocsOptions): Promise<Document>;
  /** What warm would look up. */
  plan(folder: FilePath, options?: PlanOptions): Promise<Plan>;
  /** Looks up the documentation of every library a project uses. */
  warm(folder: FilePath, options?: WarmOptions): Promise<WarmResult>;
  /** The breaker of that name, made when it is not there. TAPPS_EXISTS: it has other options. */
  breaker(name: string, options?: BreakerOptions): Breaker;

  /** What is in the file, by namespace and age: see tapps_cache_survey. */
  survey(options?: SignalOption): Promise<Record<string, any>>;
  /** Looks for damage and changes nothing; deep: every entry. */
  check(
    options?: { deep?: boolean } & SignalOption,
  ): Promise<{ ok: boolean; entries: number; damaged: number; problems: string[] }>;
  /** Copies the cache as it stands to a file, which replaces what is there. */
  backup(path: FilePath, options?: SignalOption): Promise<void>;
  /** Gives unused space of the file back; how many bytes. */
  compact(options?: { timeoutMs?: number } & SignalOption): Promise<number>;

  on(event: 'state', listener: (event: StateEvent) => void): this;
  on(event: 'breaker', listener: (event: BreakerEvent) => void): this;

  /** Writes what is queued and closes; operations under way reject with TAPPS_CLOSED. 5 s. */
  close(options?: { deadlineMs?: number }): Promise<void>;
  closeSync(options?: { deadlineMs?: number }): void;
  [Symbol.asyncDispose](): Promise<void>;
  [Symbol.dispose](): void;
}

/** Opens the cache in a file, making it when missing; without a path the user's own, with
 * ":memory:" none. Opening a file again gives the same store. */
export function open(path?: FilePath | null, options?: OpenOptions): Cache;

/** The version of the library, "0.1.0". */
export const version: string;
