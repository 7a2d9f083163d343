import { EventEmitter } from 'node:events';

import { addon } from './addon.js';
import { Breaker } from './breaker.js';
import { EVENT, GET, NONE, SERVED_FROM, STATE, VALUE } from './constants.js';
import { closedError, invalid, TappsError } from './errors.js';
import { toRequest, toResponse } from './fetch.js';
import * as convert from './options.js';

const DRAIN_MAX = 256;
const RECORD_FIELDS = 6;
const EXIT_DEADLINE_MS = 1000;

// Caches still open, for process exit: their writes get a second, all together. Held weakly, so
// that a forgotten cache can be collected.
const live = new Set();
let exitHooked = false;

function closeAll() {
  const deadline = performance.now() + EXIT_DEADLINE_MS;
  for (const reference of live) {
    try {
      reference.deref()?.closeSync({ deadlineMs: Math.max(1, deadline - performance.now()) });
    } catch {
      // the process ends: nobody is left to be told
    }
  }
}

const getFlags = ({ allowStale, peek, cachedOnly } = {}) =>
  (allowStale ? GET.ALLOW_STALE : 0) | (peek ? GET.PEEK : 0) | (cachedOnly ? GET.CACHED_ONLY : 0);

const millis = (us) => (us === 0 ? undefined : us / 1000);

function toEntry({ data, tags, json, ...info }) {
  return {
    value: data,
    version: info.version,
    createdAt: info.createdUs / 1000,
    expiresAt: millis(info.expiresUs),
    staleUntil: millis(info.staleUntilUs),
    ageMs: info.ageUs / 1000,
    stale: (info.flags & VALUE.STALE) !== 0,
    servedFrom: SERVED_FROM[info.servedFrom],
    contentType: info.contentType,
    source: info.source,
    tags: tags ? tags.split('\n') : [],
    json: json === undefined ? undefined : JSON.parse(json),
  };
}

function toDocument(data, info) {
  return {
    text: data.toString('utf8'),
    library: info.library,
    version: info.libraryVersion,
    ecosystem: info.ecosystem,
    source: info.source,
    topics: info.topic ? info.topic.split('\n') : [],
    contentType: info.contentType,
    tokens: info.tokens,
    ageMs: info.ageUs / 1000,
    stale: (info.flags & VALUE.STALE) !== 0,
    servedFrom: SERVED_FROM[info.servedFrom],
    warning: info.warning,
  };
}

// The namespace of a walk or a mass removal: the default one unless all are asked for.
function walkSpace({ namespace, allNamespaces } = {}) {
  if (allNamespaces && namespace !== undefined) {
    throw invalid('namespace and allNamespaces exclude each other');
  }
  return allNamespaces ? null : (namespace ?? 'default');
}

/** An open cache; see index.d.ts. */
export class Cache extends EventEmitter {
  #handle;
  #pending = new Map(); // op => what is to be settled
  #watches = new Map(); // AbortSignal => the operations it aborts, and its listener
  #handler = () => this.#drain();
  #reference = new WeakRef(this);
  #subscribed = 0;
  #closing;

  /** Made by open(). */
  constructor(path, options) {
    super();
    if (path !== undefined && path !== null && typeof path !== 'string') {
      throw invalid('path: expected a string');
    }
    this.#handle = addon.open(path ?? null, convert.openOptions(options), this.#handler);
    this.fetch = this.fetch.bind(this); // so that it can stand where a fetch is expected
    this.on('newListener', (name) => this.#subscribe(name));
    live.add(this.#reference);
    if (!exitHooked) {
      exitHooked = true;
      process.once('exit', closeAll);
    }
  }

  get path() {
    return addon.path(this.#handle);
  }
  get state() {
    return STATE[addon.state(this.#handle)];
  }

  // ---- entries

  async get(key, options = {}) {
    return this.#get(key, options, false);
  }
  getSync(key, options = {}) {
    return this.#getSync(key, options, false);
  }
  async getEntry(key, options = {}) {
    const entry = await this.#get(key, options, true);
    return entry && toEntry(entry);
  }
  getEntrySync(key, options = {}) {
    const entry = this.#getSync(key, options, true);
    return entry && toEntry(entry);
  }

  async put(key, value, options = {}) {
    options.signal?.throwIfAborted();
    const { namespace: space } = options;
    const native = convert.putOptions(options);
    const data = convert.bytes(value, 'value');
    const name = convert.bytes(key, 'key');
    const quick = native.durability <= 1; // async, memory: no wait unless the queue is full
    if (quick && addon.put(this.#open(), space, name, data, { ...native, timeoutUs: NONE })) return;
    await this.#submit(options.signal, () =>
      addon.submitPut(this.#open(), space, name, data, native),
    );
  }
  putSync(key, value, options = {}) {
    addon.put(
      this.#open(),
      options.namespace,
      convert.bytes(key, 'key'),
      convert.bytes(value, 'value'),
      convert.putOptions(options),
    );
  }

  async getMany(keys, options = {}) {
    const names = Array.from(keys, (key) => convert.bytes(key, 'key'));
    const found = await addon.getMany(this.#open(), options.namespace, names, getFlags(options));
    const failed = found.find((value) => value instanceof TappsError);
    if (failed) throw failed;
    return Array.from(found); // without holes, which map() and forEach() would leave out
  }
  async putMany(entries, options = {}) {
    const flat = [];
    for (const [key, value] of entries) {
      flat.push(convert.bytes(key, 'key'), convert.bytes(value, 'value'));
    }
    await addon.putMany(this.#open(), options.namespace, flat, convert.putOptions(options));
  }

  async delete(key, options = {}) {
    const durability = convert.putOptions({ durability: options.durability }).durability;
    const name = convert.bytes(key, 'key');
    await addon.delete(this.#open(), options.namespace, name, durability);
  }
  async deleteAll(options = {}) {
    const prefix = options.prefix === undefined ? null : convert.bytes(options.prefix, 'prefix');
    return addon.deleteAll(this.#open(), walkSpace(options), prefix, options.tag);
  }
  async touch(key, ttlMs, options = {}) {
    const ttl = convert.micros(ttlMs, 'ttlMs', NONE);
    await addon.touch(this.#open(), options.namespace, convert.bytes(key, 'key'), ttl);
  }
  async flush(options = {}) {
    const timeout = convert.micros(options.timeoutMs, 'timeoutMs');
    await this.#submit(options.signal, () => addon.submitFlush(this.#open(), timeout));
  }

  async *entries(options = {}) {
    const space = walkSpace(options);
    const prefix = convert.bytes(options.prefix ?? '', 'prefix');
    for (let cursor = null; ;) {
      const page = await addon.page(this.#open(), cursor, space, prefix);
      for (const entry of page.entries) {
        yield {
          key: entry.key,
          namespace: entry.namespace,
          size: entry.size,
          contentType: entry.contentType,
          createdAt: entry.createdUs / 1000,
          expiresAt: millis(entry.expiresUs),
          lastUsedAt: millis(entry.lastUsedUs),
          hits: entry.hits,
          stale: (entry.flags & VALUE.STALE) !== 0,
          negative: (entry.flags & VALUE.NEGATIVE) !== 0,
        };
      }
      if (page.entries.length < DRAIN_MAX) return;
      cursor = page.cursor;
    }
  }

  stats() {
    return JSON.parse(addon.stats(this.#open()));
  }

  // ---- fetch, documentation, warming, breakers

  async fetch(input, init) {
    const request = await toRequest(input, init);
    return this.#submit(
      request.signal,
      () => addon.submitFetch(this.#open(), request.url, request.options),
      (data, info) => toResponse(request, data, info),
    );
  }

  async docs(library, options = {}) {
    const native = convert.docsOptions(options);
    return this.#submit(
      options.signal,
      () => addon.submitDocs(this.#open(), String(library), native),
      toDocument,
    );
  }

  async plan(folder, options = {}) {
    const native = convert.warmOptions(options);
    const { description } = await addon.plan(this.#open(), String(folder), native);
    return JSON.parse(description);
  }

  async warm(folder, options = {}) {
    options.signal?.throwIfAborted();
    const native = convert.warmOptions(options);
    const { plan } = await addon.plan(this.#open(), String(folder), native);
    return this.#submit(
      options.signal,
      () => addon.submitWarm(this.#open(), plan),
      (data) => toWarmResult(JSON.parse(data)),
      options.onProgress && ((event) => options.onProgress(toProgress(event))),
    );
  }

  breaker(name, options) {
    return new Breaker(this.#open(), name, options);
  }

  // ---- close

  close(options = {}) {
    this.#closing ??= this.#close(convert.micros(options.deadlineMs, 'deadlineMs'));
    return this.#closing;
  }
  closeSync(options = {}) {
    if (this.#closing) return;
    this.#closing = Promise.resolve();
    try {
      addon.closeNow(this.#handle, convert.micros(options.deadlineMs, 'deadlineMs'));
    } finally {
      this.#abandon();
    }
  }
  [Symbol.asyncDispose]() {
    return this.close();
  }
  [Symbol.dispose]() {
    this.closeSync();
  }

  // ---- inside

  #open() {
    if (this.#closing) throw closedError();
    return this.#handle;
  }

  async #close(deadlineUs) {
    try {
      await addon.close(this.#handle, deadlineUs);
    } finally {
      this.#drain(); // what ended in time is settled by its own record
      addon.dispose(this.#handle);
      this.#abandon();
    }
  }

  // Settles what will never be reported.
  #abandon() {
    live.delete(this.#reference);
    for (const op of [...this.#pending.keys()]) this.#take(op).reject(closedError());
  }

  async #get(key, options, withInfo) {
    options.signal?.throwIfAborted();
    const { namespace: space } = options;
    const name = convert.bytes(key, 'key');
    const flags = getFlags(options);
    const hit = addon.get(this.#open(), space, name, flags | GET.CACHED_ONLY, withInfo);
    if (hit !== null) return hit;
    if (options.cachedOnly) throw notInMemory();
    return this.#submit(
      options.signal,
      () => addon.submitGet(this.#open(), space, name, flags, withInfo),
      (data, info) => (withInfo ? { data, ...info } : data),
      undefined,
      true,
    );
  }

  #getSync(key, options, withInfo) {
    const name = convert.bytes(key, 'key');
    const hit = addon.get(this.#open(), options.namespace, name, getFlags(options), withInfo);
    if (hit === null) throw notInMemory();
    return hit;
  }

  // A promise for an operation of the queue. It keeps the process running until it is settled; an
  // abort settles it at once, and the operation's own record finds nobody.
  #submit(signal, start, settle, onEvent, missIsUndefined = false) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const op = start();
      this.#pending.set(op, { resolve, reject, settle, onEvent, missIsUndefined, signal });
      if (this.#pending.size === 1) addon.hold(this.#handle, true);
      if (signal) this.#watch(signal, op);
    });
  }

  // One listener a signal, however many operations it may abort: more of them look like a leak.
  #watch(signal, op) {
    const watch = this.#watches.get(signal);
    if (watch) {
      watch.ops.add(op);
      return;
    }
    const ops = new Set([op]);
    const onAbort = () => {
      for (const each of [...ops]) {
        addon.cancel(this.#handle, each);
        this.#take(each).reject(signal.reason);
      }
    };
    this.#watches.set(signal, { ops, onAbort });
    signal.addEventListener('abort', onAbort);
  }

  #unwatch(signal, op) {
    const { ops, onAbort } = this.#watches.get(signal);
    ops.delete(op);
    if (ops.size > 0) return;
    signal.removeEventListener('abort', onAbort);
    this.#watches.delete(signal);
  }

  #take(op) {
    const pending = this.#pending.get(op);
    if (!pending) return undefined;
    this.#pending.delete(op);
    if (pending.signal) this.#unwatch(pending.signal, op);
    if (this.#pending.size === 0) addon.hold(this.#handle, false);
    return pending;
  }

  #drain() {
    const records = addon.drain(this.#handle);
    for (let i = 0; i < records.length; i += RECORD_FIELDS) {
      const [op, kind, code, data, info, error] = records.slice(i, i + RECORD_FIELDS);
      if (kind >= EVENT.PROGRESS) {
        this.#event(op, kind, data);
        continue;
      }
      const pending = this.#take(op);
      if (!pending) continue; // aborted meanwhile
      if (code === 0) {
        try {
          pending.resolve(pending.settle?.(data, info));
        } catch (failure) {
          pending.reject(failure);
        }
      } else if (pending.missIsUndefined && error.code === 'TAPPS_NOT_FOUND') {
        pending.resolve(undefined);
      } else {
        pending.reject(error);
      }
    }
    // A full batch: let the event loop turn before the next one.
    if (records.length === DRAIN_MAX * RECORD_FIELDS) setImmediate(this.#handler);
  }

  // Listeners are the caller's code: what they throw is an uncaught exception, as usual in Node.
  #event(op, kind, data) {
    try {
      const event = JSON.parse(data);
      if (kind === EVENT.PROGRESS) this.#pending.get(op)?.onEvent?.(event);
      if (kind === EVENT.BREAKER) this.emit('breaker', event);
      if (kind === EVENT.STATE) this.emit('state', event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #subscribe(name) {
    const kind = { breaker: EVENT.BREAKER, state: EVENT.STATE }[name];
    if (kind === undefined || this.#closing) return;
    this.#subscribed |= 1 << (kind - EVENT.PROGRESS);
    addon.subscribe(this.#handle, this.#subscribed);
  }
}

const notInMemory = () => new TappsError('WOULD_BLOCK', 'the answer is not in memory');

const toProgress = ({ eta_us: etaUs, ...event }) => ({
  ...event,
  etaMs: etaUs === undefined ? undefined : etaUs / 1000,
});

const toWarmResult = ({ duration_us: durationUs, ...result }) => ({
  ...result,
  durationMs: durationUs / 1000,
});

/** Opens the cache in the file at `path`; without one, the user's. */
export function open(path, options) {
  return new Cache(path, options);
}
