// Operations under way in a completion queue: the promises, signals and events that its records
// settle.
import { addon } from './addon.js';
import { EVENT } from './constants.js';
import { closedError } from './errors.js';

const DRAIN_MAX = 256;
const RECORD_FIELDS = 8;

/** The operations of one open cache, and its native handle. */
export class Operations {
  handle;
  #pending = new Map(); // op => what is to be settled
  #watches = new Map(); // AbortSignal => the operations it aborts, and its listener
  #unwanted = new Map(); // op => what gives its result back, of operations aborted meanwhile
  #handler = () => this.drain();
  #onEvent;

  /** onEvent(kind, event) hears what is subscribed to. */
  constructor(path, options, onEvent) {
    this.handle = addon.open(path, options, this.#handler);
    this.#onEvent = onEvent;
  }

  /**
   * A promise for an operation that `start` submits. It keeps the process running until it is
   * settled; an abort settles it at once, and the operation's own record finds nobody.
   *  - signal: aborts it
   *  - settle(data, info, number, bytes): what it resolves to; else undefined
   *  - miss(): what NOT_FOUND resolves to; else it rejects
   *  - onError(error, number): sees the error before it rejects
   *  - onProgress(event)
   *  - giveBack(number): called with what comes after an abort
   */
  submit(start, how = {}) {
    return new Promise((resolve, reject) => {
      how.signal?.throwIfAborted();
      this.#add(start(), { ...how, resolve, reject });
    });
  }

  /** As submit, for a `start` that returns several operations; promises in their order. */
  submitAll(start, how = {}) {
    how.signal?.throwIfAborted();
    const ops = start();
    const promises = ops.map(
      (op, index) =>
        new Promise((resolve, reject) => {
          this.#add(op, {
            ...how,
            settle: (...result) => how.settle(index, ...result),
            resolve,
            reject,
          });
        }),
    );
    return { ops, promises };
  }

  /** Ends operations that nobody waits for any more. */
  cancel(ops) {
    for (const op of ops) {
      if (!this.#take(op)) continue;
      addon.cancel(this.handle, op);
    }
  }

  drain() {
    // A full batch: let the event loop turn before the next one.
    if (this.#drainBatch() === DRAIN_MAX) setImmediate(this.#handler);
  }

  /** Settles everything that has ended. */
  drainAll() {
    while (this.#drainBatch() > 0);
  }

  /** Rejects what will never be reported. */
  abandon() {
    for (const op of [...this.#pending.keys()]) this.#take(op).reject(closedError());
  }

  #drainBatch() {
    const records = addon.drain(this.handle);
    for (let i = 0; i < records.length; i += RECORD_FIELDS) {
      this.#settle(...records.slice(i, i + RECORD_FIELDS));
    }
    return records.length / RECORD_FIELDS;
  }

  #add(op, pending) {
    this.#pending.set(op, pending);
    if (this.#pending.size === 1) addon.hold(this.handle, true);
    if (pending.signal) this.#watch(pending.signal, op);
  }

  #take(op) {
    const pending = this.#pending.get(op);
    if (!pending) return undefined;
    this.#pending.delete(op);
    if (pending.signal) this.#unwatch(pending.signal, op);
    if (this.#pending.size === 0) addon.hold(this.handle, false);
    return pending;
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
        const pending = this.#take(each);
        if (pending.giveBack) this.#unwanted.set(each, pending.giveBack);
        addon.cancel(this.handle, each);
        pending.reject(signal.reason);
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

  #settle(op, kind, code, data, info, error, number, bytes) {
    if (kind >= EVENT.PROGRESS) {
      this.#event(op, kind, data);
      return;
    }
    const pending = this.#take(op);
    if (!pending) {
      if (code === 0 && number > 0) this.#unwanted.get(op)?.(number);
      this.#unwanted.delete(op);
    } else if (code === 0) {
      try {
        pending.resolve(pending.settle?.(data, info, number, bytes));
      } catch (failure) {
        pending.reject(failure);
      }
    } else if (pending.miss && error.code === 'TAPPS_NOT_FOUND') {
      pending.resolve(pending.miss());
    } else {
      pending.onError?.(error, number);
      pending.reject(error);
    }
  }

  // Listeners are the caller's code: what they throw is an uncaught exception, as usual in Node.
  #event(op, kind, data) {
    try {
      const event = JSON.parse(data);
      if (kind === EVENT.PROGRESS) this.#pending.get(op)?.onProgress?.(event);
      else this.#onEvent(kind, event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
