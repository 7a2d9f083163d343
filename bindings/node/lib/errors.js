// What the library's failures look like in JavaScript.

/** A failure of tapps. `code` is "TAPPS_" and the name in tapps.h: "TAPPS_NETWORK". */
export class TappsError extends Error {
  constructor(name, message, details = {}) {
    super(message);
    this.code = `TAPPS_${name}`;
    if (details.errno) this.errno = details.errno;
    if (details.sqlite) this.sqliteCode = details.sqlite;
    if (details.httpStatus) this.httpStatus = details.httpStatus;
    if (details.retryAfterUs) this.retryAfterMs = details.retryAfterUs / 1000;
  }
}
Object.defineProperty(TappsError.prototype, 'name', {
  value: 'TappsError',
  configurable: true,
  writable: true,
});

/** Called by the addon. */
export const makeError = (name, message, details) => new TappsError(name, message, details);

export const closedError = () => new TappsError('CLOSED', 'the cache was closed');

/** An argument of the wrong type or out of its range. */
export function invalid(message) {
  return Object.assign(new TypeError(message), { code: 'TAPPS_INVALID' });
}
