import { addon } from './addon.js';
import { BREAKER_FORCED, BREAKER_MODE, BREAKER_STATE, NONE, OUTCOME } from './constants.js';
import { breakerOptions, choice, known, micros, NAMES, text } from './options.js';

/** The right to make one call; reports how it went once. */
class Permit {
  #breaker;
  #number;

  constructor(breaker, number) {
    this.#breaker = breaker;
    this.#number = number;
  }
  report(outcome) {
    addon.breakerReport(this.#breaker, this.#number, choice(OUTCOME, 'outcome', outcome));
  }
  [Symbol.dispose]() {
    this.report('ignored'); // without effect after a report
  }
}

/** A circuit breaker with bounded concurrency; see index.d.ts. */
export class Breaker {
  #operations;
  #breaker;
  #isFailure;
  #waitMs;

  /** Made by Cache.breaker(). */
  constructor(operations, name, { isFailure, waitMs, ...options } = {}) {
    this.name = text(name, 'name');
    this.#operations = operations;
    this.#isFailure = isFailure ?? ((error) => error?.name !== 'AbortError');
    this.#waitMs = waitMs;
    this.#breaker = addon.breakerOpen(operations.handle, name, breakerOptions(options) ?? null);
  }

  async acquire(options = {}) {
    known(options, NAMES.acquire);
    const { waitMs = this.#waitMs, signal } = options;
    signal?.throwIfAborted();
    if (!waitMs) return new Permit(this.#breaker, addon.breakerAcquire(this.#breaker));
    const wait = micros(waitMs, 'waitMs');
    const number = await this.#operations.submit(
      () => addon.submitAcquire(this.#operations.handle, this.#breaker, wait),
      {
        signal,
        settle: (data, info, permit) => permit,
        giveBack: (permit) => addon.breakerReport(this.#breaker, permit, OUTCOME.ignored),
      },
    );
    return new Permit(this.#breaker, number);
  }

  async execute(operation, fallback) {
    let permit;
    try {
      permit = await this.acquire();
    } catch (error) {
      if (fallback) return fallback(error);
      throw error;
    }
    let outcome = 'ignored'; // also when isFailure throws
    try {
      const result = await operation();
      outcome = 'success';
      return result;
    } catch (error) {
      const failed = this.#isFailure(error);
      if (failed) outcome = failed === 'local' ? 'localFailure' : 'failure';
      if (!fallback) throw error;
      permit.report(outcome); // before the fallback takes its time
      return await fallback(error);
    } finally {
      permit.report(outcome);
    }
  }

  retryDelay({ attempt, status = 0, retryAfterMs }) {
    const asked = micros(retryAfterMs, 'retryAfterMs');
    return addon.breakerRetry(this.#breaker, attempt, status, asked) / 1000;
  }

  limit(calls, withinMs) {
    addon.breakerLimit(this.#breaker, calls, micros(withinMs, 'withinMs', NONE));
  }

  force(mode) {
    addon.breakerForce(this.#breaker, choice(BREAKER_MODE, 'mode', mode, 'auto'));
  }

  read() {
    const { state, forced, retryAfterUs, quotaUs, ...counts } = addon.breakerRead(this.#breaker);
    return {
      state: BREAKER_STATE[state],
      forced: BREAKER_FORCED[forced],
      retryAfterMs: retryAfterUs / 1000,
      quotaMs: quotaUs / 1000,
      ...counts,
    };
  }
}
