// tapps for Node.js: see README.md and index.d.ts.
import { addon } from './lib/addon.js';

export { Breaker } from './lib/breaker.js';
export { Cache, open } from './lib/cache.js';
export { TappsError } from './lib/errors.js';

/** The version of the library, "0.1.0". */
export const version = addon.version;
