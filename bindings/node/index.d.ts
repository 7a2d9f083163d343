/** tapps for Node.js: an embedded cache shared by every process of a user. */
import { EventEmitter } from 'node:events';

/** Bytes going in. Strings are stored as UTF-8. */
export type Bytes = string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

import type { ErrorCode } from './codes.js';

/** TypeErrors on bad arguments have the code TAPPS_INVALID, too. */
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
}

/** Durations are milliseconds; Infinity means without limit, for `ttlMs` without expiry. */
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
  /** Of fetches, PEM; the system's. */
  caFile?: string;
  /** Requests under way to one origin; 5. */
  maxConcurrency?: number;
  /** Consecutive failures that open an origin's breaker; 5. */
  breakFailures?: number;
  /** First time an open breaker stays open; 30 s. */
  breakMs?: number;
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

/** What fetch() takes beyond the Fetch standard. */
export interface FetchInit extends RequestInit {
  /** Of the whole call; 30 s. */
  timeoutMs?: number;
  /** 10 s. */
  connectTimeoutMs?: number;
  /** After decoding; 64 MiB. */
  maxBodyBytes?: number;
  /** 10. */
  maxRedirects?: number;
  /** Lifetime given to the answer in place of its own. */
  ttlMs?: number;
  /** Refuses private, loopback and link-local addresses, as connected to. */
  denyPrivate?: boolean;
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
  projectRoot?: string;
  /** Further node_modules and site-packages folders. */
  paths?: string[];
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
  paths?: string[];
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
  /** Which errors count against the callee; all but AbortError. */
  isFailure?(error: unknown): boolean;
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
  /** Holds it open or closed; "auto" ends that, closes it and forgets. */
  force(mode: 'auto' | 'open' | 'closed'): void;
  read(): BreakerState;
}

export interface StateEvent {
  [member: string]: unknown;
}

/** An open cache. After close, every call fails with TAPPS_CLOSED. */
export class Cache extends EventEmitter {
  private constructor();
  /** The path of the file, ":memory:" without one. */
  readonly path: string;
  readonly state:
    | 'ok' | 'read_only' | 'memory' | 'locked' | 'full' | 'failed' | 'wal_pinned' | 'closed';

  /** The value, or undefined. From memory without waiting, else read off the event loop. */
  get(key: Bytes, options?: GetOptions & SignalOption): Promise<Buffer | undefined>;
  /** As get, at once: from memory in a microsecond, from disk in some. */
  getSync(key: Bytes, options?: GetOptions): Buffer | undefined;
  getEntry(key: Bytes, options?: GetOptions & SignalOption): Promise<Entry | undefined>;
  getEntrySync(key: Bytes, options?: GetOptions): Entry | undefined;
  /** Visible to this process when the call returns, to others after the commit. */
  put(key: Bytes, value: Bytes, options?: PutOptions & SignalOption): Promise<void>;
  putSync(key: Bytes, value: Bytes, options?: PutOptions): void;
  /** In order; undefined for keys that are not there. One view of the file. */
  getMany(keys: Iterable<Bytes>, options?: GetOptions): Promise<(Buffer | undefined)[]>;
  /** All in one transaction. */
  putMany(entries: Iterable<readonly [Bytes, Bytes]>, options?: PutOptions): Promise<void>;
  /** A key that is not there is no error. */
  delete(key: Bytes, options?: SpaceOption & Pick<PutOptions, 'durability'>): Promise<void>;
  /** Removes what meets every condition; the number removed, committed. */
  deleteAll(options?: WalkOptions & { tag?: string }): Promise<number>;
  /** Gives an entry a new lifetime from now on. */
  touch(key: Bytes, ttlMs: number, options?: SpaceOption): Promise<void>;
  /** Resolves when everything put before is committed. */
  flush(options?: SignalOption & { timeoutMs?: number }): Promise<void>;
  /** Committed entries, in no particular order. */
  entries(options?: WalkOptions): AsyncGenerator<ListedEntry, void, undefined>;
  /** A snapshot of everything counted by this process. */
  stats(): Record<string, any>;

  /** As the standard fetch, through the cache (RFC 9111). Bound: may be passed on by itself. */
  readonly fetch: (input: string | URL | Request, init?: FetchInit) => Promise<CachedResponse>;
  /** What the documentation of a library says. */
  docs(library: string, options?: DocsOptions): Promise<Document>;
  /** What warm would look up. */
  plan(folder: string, options?: PlanOptions): Promise<Plan>;
  /** Looks up the documentation of every library a project uses. */
  warm(folder: string, options?: WarmOptions): Promise<WarmResult>;
  /** The breaker of that name, made when it is not there. TAPPS_EXISTS: it has other options. */
  breaker(name: string, options?: BreakerOptions): Breaker;

  on(event: 'state' | 'breaker', listener: (event: StateEvent) => void): this;

  /** Writes what is queued and closes; operations under way reject with TAPPS_CLOSED. 5 s. */
  close(options?: { deadlineMs?: number }): Promise<void>;
  closeSync(options?: { deadlineMs?: number }): void;
  [Symbol.asyncDispose](): Promise<void>;
  [Symbol.dispose](): void;
}

/** Opens the cache in a file, making it when missing; without a path the user's own, with
 * ":memory:" none. Opening a file again gives the same store. */
export function open(path?: string | null, options?: OpenOptions): Cache;

/** The version of the library, "0.1.0". */
export const version: string;
