import { addon } from './addon.js';
import { BREAKER_FORCED, BREAKER_MODE, BREAKER_STATE, OUTCOME } from './constants.js';
import { breakerOptions, choice } from './options.js';

/** A circuit breaker with bounded concurrency; see index.d.ts. */
export class Breaker {
  #breaker;
  #isFailure;

  /** Made by Cache.breaker(). */
  constructor(handle, name, options = {}) {
    this.name = name;
    this.#isFailure = options.isFailure ?? ((error) => error?.name !== 'AbortError');
    this.#breaker = addon.breakerOpen(handle, name, breakerOptions(options) ?? null);
  }

  async execute(operation, fallback) {
    let permit;
    try {
      permit = addon.breakerAcquire(this.#breaker);
    } catch (error) {
      if (fallback) return fallback(error);
      throw error;
    }
    let outcome = OUTCOME.IGNORED; // also when isFailure throws
    try {
      const result = await operation();
      outcome = OUTCOME.SUCCESS;
      return result;
    } catch (error) {
      if (this.#isFailure(error)) outcome = OUTCOME.FAILURE;
      if (!fallback) throw error;
      addon.breakerReport(this.#breaker, permit, outcome); // before the fallback takes its time
      return await fallback(error);
    } finally {
      addon.breakerReport(this.#breaker, permit, outcome);
    }
  }

  force(mode) {
    addon.breakerForce(this.#breaker, choice(BREAKER_MODE, 'mode', mode, 'auto'));
  }

  read() {
    const { state, forced, retryAfterUs, ...counts } = addon.breakerRead(this.#breaker);
    return {
      state: BREAKER_STATE[state],
      forced: BREAKER_FORCED[forced],
      retryAfterMs: retryAfterUs / 1000,
      ...counts,
    };
  }
}
