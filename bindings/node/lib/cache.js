import { EventEmitter } from 'node:events';

import { addon } from './addon.js';
import { Breaker } from './breaker.js';
import { CHECK_DEEP, EVENT, GET, NONE, STATE } from './constants.js';
import { closedError, invalid, TappsError } from './errors.js';
import { toFetchError, toRequest, toResponse } from './fetch.js';
import { Operations } from './operations.js';
import * as convert from './options.js';
import {
  toBreakerEvent,
  toDocument,
  toEntry,
  toListedEntry,
  toProgress,
  toStateEvent,
  toWarmResult,
} from './values.js';

const PAGE_MAX = 256;
const EXIT_DEADLINE_MS = 1000;
const REFUSED = new Set(['TAPPS_INVALID', 'TAPPS_UNSUPPORTED']); // the call was wrong

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

const spaceOf = ({ namespace }) => convert.text(namespace, 'namespace');

// The namespace of a walk or a mass removal: the default one unless all are asked for.
function walkSpace({ namespace, allNamespaces }) {
  if (allNamespaces && namespace !== undefined) {
    throw invalid('namespace and allNamespaces exclude each other');
  }
  return allNamespaces ? null : (spaceOf({ namespace }) ?? 'default');
}

// What a filter of tapps.h is made of.
function filterOf(options) {
  convert.known(options, convert.NAMES.filter);
  const tag = convert.text(options.tag, 'tag');
  return [walkSpace(options), convert.bytes(options.prefix ?? '', 'prefix'), tag];
}

const notInMemory = () => new TappsError('WOULD_BLOCK', 'the answer is not in memory');

/** An open cache; see index.d.ts. */
export class Cache extends EventEmitter {
  #operations;
  #reference = new WeakRef(this);
  #subscribed = 0;
  #closing;

  /** Made by open(). */
  constructor(path, options) {
    super();
    const file = convert.filePath(path, 'path') ?? null;
    const native = convert.openOptions(options);
    this.#operations = new Operations(file, native, (kind, event) => {
      if (kind === EVENT.BREAKER) this.emit('breaker', toBreakerEvent(event));
      if (kind === EVENT.STATE) this.emit('state', toStateEvent(event));
    });
    this.fetch = this.fetch.bind(this); // so that it can stand where a fetch is expected
    this.on('newListener', (name) => this.#subscribe(name));
    live.add(this.#reference);
    if (!exitHooked) {
      exitHooked = true;
      process.once('exit', closeAll);
    }
  }

  get path() {
    return addon.path(this.#operations.handle);
  }
  get state() {
    return STATE[addon.state(this.#operations.handle)];
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

  async has(key, options = {}) {
    return (await this.#version(key, options)) !== undefined;
  }
  async version(key, options = {}) {
    return (await this.#version(key, options)) ?? 0;
  }

  async put(key, value, options = {}) {
    options.signal?.throwIfAborted();
    const space = spaceOf(options);
    const native = convert.putOptions(options);
    const data = convert.bytes(value, 'value');
    const name = convert.bytes(key, 'key');
    const quick = !(native.durability > 1); // async, memory: no wait unless the queue is full
    if (quick && addon.put(this.#open(), space, name, data, { ...native, timeoutUs: NONE })) return;
    await this.#submit(options, () => addon.submitPut(this.#open(), space, name, data, native));
  }
  putSync(key, value, options = {}) {
    addon.put(
      this.#open(),
      spaceOf(options),
      convert.bytes(key, 'key'),
      convert.bytes(value, 'value'),
      convert.putOptions(options),
    );
  }
  async swap(key, version, value, options = {}) {
    if (!Number.isSafeInteger(version) || version < 0) throw invalid('version: expected a number');
    const space = spaceOf(options);
    const name = convert.bytes(key, 'key');
    const data = convert.bytes(value, 'value');
    const native = convert.putOptions(options);
    return this.#submit(
      options,
      () => addon.submitSwap(this.#open(), space, name, data, native, version),
      {
        settle: (_, info, number) => number,
        onError: (error, number) => {
          if (error.code === 'TAPPS_EXISTS') error.version = number;
        },
      },
    );
  }

  async getMany(keys, options = {}) {
    convert.known(options, convert.NAMES.get);
    const names = Array.from(keys, (key) => convert.bytes(key, 'key'));
    const flags = convert.flags(GET, options);
    const found = await addon.getMany(this.#open(), spaceOf(options), names, flags);
    const failed = found.find((value) => value instanceof TappsError);
    if (failed) throw failed;
    return Array.from(found); // without holes, which map() and forEach() would leave out
  }
  async putMany(entries, options = {}) {
    const flat = [];
    for (const [key, value] of entries) {
      flat.push(convert.bytes(key, 'key'), convert.bytes(value, 'value'));
    }
    await addon.putMany(this.#open(), spaceOf(options), flat, convert.putOptions(options));
  }

  async delete(key, options = {}) {
    convert.known(options, convert.NAMES.delete);
    const { durability = 0 } = convert.putOptions({ durability: options.durability });
    const name = convert.bytes(key, 'key');
    await this.#submit(options, () =>
      addon.submitDelete(this.#open(), spaceOf(options), name, durability),
    );
  }
  async deleteAll(options = {}) {
    const filter = filterOf(options);
    return this.#submit(options, () => addon.submitDeleteAll(this.#open(), ...filter), {
      settle: (_, info, number) => number,
    });
  }
  async count(options = {}) {
    const filter = filterOf(options);
    return this.#submit(options, () => addon.submitCount(this.#open(), ...filter), {
      settle: (_, info, entries, bytes) => ({ entries, bytes }),
    });
  }
  async touch(key, ttlMs, options = {}) {
    convert.known(options, convert.NAMES.space);
    const ttl = convert.lifetime(ttlMs, 'ttlMs');
    const name = convert.bytes(key, 'key');
    await this.#submit(options, () =>
      addon.submitTouch(this.#open(), spaceOf(options), name, ttl),
    );
  }
  async flush(options = {}) {
    convert.known(options, convert.NAMES.timeout);
    const timeout = convert.micros(options.timeoutMs, 'timeoutMs');
    await this.#submit(options, () => addon.submitFlush(this.#open(), timeout));
  }
  setNamespace(namespace, options) {
    const space = convert.text(namespace, 'namespace');
    addon.setSpace(this.#open(), space, options ? convert.spaceOptions(options) : null);
  }

  async *entries(options = {}) {
    convert.known(options, convert.NAMES.walk);
    const space = walkSpace(options);
    const prefix = convert.bytes(options.prefix ?? '', 'prefix');
    for (let cursor = null; ;) {
      const page = await addon.page(this.#open(), cursor, space, prefix);
      yield* page.entries.map(toListedEntry);
      if (page.entries.length < PAGE_MAX) return;
      cursor = page.cursor;
    }
  }

  // ---- loading

  async getOrLoad(key, loader, options = {}) {
    const space = spaceOf(options);
    const name = convert.bytes(key, 'key');
    const native = convert.loadOptions(options.load);
    const put = convert.putOptions(options);
    const found = await this.#submit(
      options,
      () => addon.submitLoad(this.#open(), space, name, native),
      {
        settle: (data, info, lease) => ({ data, lease }),
        miss: () => ({ lease: 0 }),
        giveBack: (lease) => addon.loadAbandon(this.#operations.handle, lease),
      },
    );
    if (found.lease === 0) return found.data;
    const loading = this.#load(key, found.lease, loader, put, options.signal);
    if (!found.data) return loading;
    loading.catch(() => {}); // what is there is good for now; the next caller tries again
    return found.data;
  }

  // ---- fetch, documentation, warming, breakers

  async fetch(input, init) {
    const request = await toRequest(input, init);
    try {
      return await this.#submit(
        request,
        () => addon.submitFetch(this.#open(), request.url, request.options),
        { settle: (data, info) => toResponse(request, data, info) },
      );
    } catch (error) {
      throw toFetchError(error);
    }
  }

  async *fetchMany(urls, init = {}) {
    convert.known(init, convert.FETCH_MANY_NAMES);
    const list = Array.from(urls, String);
    if (list.length === 0) return;
    if (list.some((url) => url === '' || /[\r\n]/.test(url))) {
      throw invalid('a URL is empty or contains a line break');
    }
    const request = await toRequest(list[0], init);
    const parallel = convert.count(init.parallel, 'parallel');
    const ready = [];
    let wake;
    const { ops, promises } = this.#operations.submitAll(
      () =>
        addon.submitFetchMany(
          this.#open(),
          list.join('\n'),
          list.length,
          request.options,
          parallel,
        ),
      {
        signal: request.signal,
        settle: (index, data, info) => toResponse({ ...request, url: list[index] }, data, info),
      },
    );
    promises.forEach(async (promise, index) => {
      const result = { index, url: list[index] };
      try {
        result.response = await promise;
      } catch (error) {
        result.error = error;
      }
      ready.push(result);
      wake?.();
    });
    try {
      for (let left = ops.length; left > 0; left -= 1) {
        while (ready.length === 0) await new Promise((resolve) => (wake = resolve));
        request.signal?.throwIfAborted();
        yield ready.shift();
      }
    } finally {
      this.#operations.cancel(ops);
    }
  }

  setOffline(offline) {
    addon.setOffline(this.#open(), Boolean(offline));
  }

  async docs(library, options = {}) {
    const native = convert.docsOptions(options);
    return this.#submit(
      options,
      () => addon.submitDocs(this.#open(), String(library), native),
      { settle: toDocument },
    );
  }

  async plan(folder, options = {}) {
    const native = convert.warmOptions(options);
    const { description } = await addon.plan(this.#open(), convert.filePath(folder, 'folder'), native);
    return JSON.parse(description);
  }

  async warm(folder, options = {}) {
    options.signal?.throwIfAborted();
    const native = convert.warmOptions(options);
    const { plan } = await addon.plan(this.#open(), convert.filePath(folder, 'folder'), native);
    return this.#submit(options, () => addon.submitWarm(this.#open(), plan), {
      settle: (data) => toWarmResult(JSON.parse(data)),
      onProgress: options.onProgress && ((event) => options.onProgress(toProgress(event))),
    });
  }

  breaker(name, options) {
    this.#open();
    return new Breaker(this.#operations, name, options);
  }

  // ---- upkeep

  stats() {
    return JSON.parse(addon.stats(this.#open()));
  }
  async survey(options = {}) {
    convert.known(options, convert.NAMES.signal);
    return this.#submit(options, () => addon.submitSurvey(this.#open()), {
      settle: (data) => JSON.parse(data),
    });
  }
  async check(options = {}) {
    convert.known(options, convert.NAMES.check);
    const flags = options.deep ? CHECK_DEEP : 0;
    return this.#submit(options, () => addon.submitCheck(this.#open(), flags), {
      settle: (data) => JSON.parse(data),
    });
  }
  async backup(path, options = {}) {
    convert.known(options, convert.NAMES.signal);
    const file = convert.filePath(path, 'path');
    await this.#submit(options, () => addon.submitBackup(this.#open(), file));
  }
  async compact(options = {}) {
    convert.known(options, convert.NAMES.timeout);
    const timeout = convert.micros(options.timeoutMs, 'timeoutMs');
    return this.#submit(options, () => addon.submitCompact(this.#open(), timeout), {
      settle: (_, info, freed) => freed,
    });
  }

  // ---- close

  close(options = {}) {
    if (this.#closing) return this.#closing;
    let deadline;
    try {
      convert.known(options, convert.NAMES.close);
      deadline = convert.micros(options.deadlineMs, 'deadlineMs');
    } catch (error) {
      return Promise.reject(error);
    }
    this.#closing = this.#close(deadline);
    return this.#closing;
  }
  closeSync(options = {}) {
    if (this.#closing) return;
    convert.known(options, convert.NAMES.close);
    const deadline = convert.micros(options.deadlineMs, 'deadlineMs');
    this.#closing = Promise.resolve();
    try {
      addon.closeNow(this.#operations.handle, deadline);
    } finally {
      this.#end();
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
    return this.#operations.handle;
  }

  async #close(deadlineUs) {
    try {
      await addon.close(this.#operations.handle, deadlineUs);
    } finally {
      this.#end();
    }
  }

  #end() {
    live.delete(this.#reference);
    this.#operations.drainAll(); // what ended in time is settled by its own record
    addon.dispose(this.#operations.handle);
    this.#operations.abandon();
  }

  #submit({ signal }, start, how) {
    return this.#operations.submit(start, { signal, ...how });
  }

  async #get(key, options, withInfo) {
    convert.known(options, convert.NAMES.get);
    options.signal?.throwIfAborted();
    const space = spaceOf(options);
    const name = convert.bytes(key, 'key');
    const flags = convert.flags(GET, options);
    const hit = addon.get(this.#open(), space, name, flags | GET.cachedOnly, withInfo);
    if (hit !== null) return hit;
    if (options.cachedOnly) throw notInMemory();
    return this.#submit(
      options,
      () => addon.submitGet(this.#open(), space, name, flags, withInfo),
      { settle: (data, info) => (withInfo ? { data, ...info } : data), miss: () => undefined },
    );
  }

  #getSync(key, options, withInfo) {
    convert.known(options, convert.NAMES.get);
    const name = convert.bytes(key, 'key');
    const flags = convert.flags(GET, options);
    const hit = addon.get(this.#open(), spaceOf(options), name, flags, withInfo);
    if (hit === null) throw notInMemory();
    return hit;
  }

  #version(key, options) {
    convert.known(options, convert.NAMES.space);
    const space = spaceOf(options);
    const name = convert.bytes(key, 'key');
    return this.#submit(
      options,
      () => addon.submitContains(this.#open(), space, name),
      { settle: (_, info, number) => number, miss: () => undefined },
    );
  }

  // Runs a loader under a lease, which ends in any case. A value that could not be stored is good
  // all the same: those who wait have it, too. Wrong options are an error.
  async #load(key, lease, loader, put, signal) {
    let value;
    try {
      value = await loader(key, { signal });
      signal?.throwIfAborted();
      if (value !== undefined) value = convert.bytes(value, 'value of the loader');
    } catch (error) {
      addon.loadAbandon(this.#operations.handle, lease);
      throw error;
    }
    if (value === undefined) {
      addon.loadAbandon(this.#operations.handle, lease);
      return undefined;
    }
    try {
      await addon.loadFinish(this.#operations.handle, lease, value, put);
    } catch (error) {
      addon.loadAbandon(this.#operations.handle, lease); // no error for one that has ended
      if (!(error instanceof TappsError) || REFUSED.has(error.code)) throw error;
    }
    return Buffer.from(value);
  }

  #subscribe(name) {
    const kind = { breaker: EVENT.BREAKER, state: EVENT.STATE }[name];
    if (kind === undefined || this.#closing) return;
    this.#subscribed |= 1 << (kind - EVENT.PROGRESS);
    addon.subscribe(this.#operations.handle, this.#subscribed);
  }
}

/** Opens the cache in the file at `path`; without one, the user's. */
export function open(path, options) {
  return new Cache(path, options);
}
