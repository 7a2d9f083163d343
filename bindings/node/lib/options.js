// Options as JavaScript has them, into options as tapps.h has them: milliseconds into microseconds,
// names into numbers. undefined is the default everywhere.
import { fileURLToPath } from 'node:url';

import {
  DOCS,
  DURABILITY,
  FETCH,
  GET,
  MEMORY_POLICY,
  NONE,
  OPEN,
  PUT,
  UNLIMITED,
} from './constants.js';
import { invalid } from './errors.js';

// A duration; Infinity means `infinite`, and 0, which tapps.h keeps for the default, the shortest.
export function micros(ms, name, infinite = UNLIMITED) {
  if (ms === undefined) return 0;
  if (ms === Infinity) return infinite;
  if (typeof ms !== 'number' || !(ms >= 0) || ms > 9e12) {
    throw invalid(`${name}: expected milliseconds from 0, not ${String(ms)}`);
  }
  return Math.max(1, Math.round(ms * 1000));
}

// A lifetime: as a duration, but never 0, which would be an entry that nobody can get.
export function lifetime(ms, name, infinite = NONE) {
  if (ms === 0) throw invalid(`${name}: expected a time above 0, not 0`);
  return micros(ms, name, infinite);
}

// A bound; Infinity means no limit.
export function count(number, name) {
  if (number === undefined) return 0;
  if (number === Infinity) return UNLIMITED;
  if (!Number.isSafeInteger(number) || number < 1) {
    throw invalid(`${name}: expected a whole number from 1, not ${String(number)}`);
  }
  return number;
}

export function lines(list, name) {
  if (list === undefined || typeof list === 'string') return list;
  if (!Array.isArray(list)) throw invalid(`${name}: expected an array of strings`);
  return list.map(String).join('\n');
}

export function choice(table, name, value, fallback) {
  if (value === undefined) return table[fallback];
  if (!Object.hasOwn(table, value)) {
    throw invalid(`${name}: expected ${Object.keys(table).join(', ')}, not ${String(value)}`);
  }
  return table[value];
}

/** A text; undefined and null are none. */
export function text(value, name) {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(`${name}: expected a string, not ${kind(value)}`);
  if (value.includes('\0')) throw invalid(`${name}: holds a NUL character`);
  return value;
}

/** A path, or the file: URL of one. */
export function filePath(value, name) {
  if (!(value instanceof URL)) return text(value, name);
  if (value.protocol !== 'file:') throw invalid(`${name}: expected a file: URL, not ${value.href}`);
  return fileURLToPath(value);
}

const kind = (value) => (typeof value === 'object' ? value.constructor?.name : typeof value);

const filePaths = (list, name) =>
  lines(Array.isArray(list) ? list.map((one) => filePath(one, name)) : list, name);

// The converters of single options, each (value, name).
const orNone = (convert) => (value, name) => (value === 0 ? NONE : convert(value, name));
const oneOf = (table) => (value, name) => choice(table, name, value);

/** Refuses members that no option is called. */
export function known(options, names) {
  for (const name in options) {
    if (!names.has(name)) throw invalid(`unknown option: ${name}`);
  }
}

/** The bits of a table of flags that are on in `options`. */
export function flags(table, options = {}) {
  let bits = 0;
  for (const name in table) if (options[name]) bits |= table[name];
  return bits;
}

// A function from options as index.d.ts has them to those the addon reads: `fields` has the
// converter of each option, `bits` those that are flags; `own` names what the call reads itself.
function reader(fields, bits = {}, own = []) {
  const rows = Object.entries(fields).map(([name, convert]) => [
    name,
    name.replace(/Ms$/, 'Us'),
    convert,
  ]);
  const names = new Set([...Object.keys(fields), ...Object.keys(bits), ...own]);
  const read = (options = {}) => {
    known(options, names);
    const native = { flags: flags(bits, options) };
    for (const [name, nativeName, convert] of rows) {
      const value = options[name];
      if (value !== undefined) native[nativeName] = convert(value, name);
    }
    return native;
  };
  return Object.assign(read, { names });
}

export const openOptions = reader(
  {
    memoryBytes: count,
    memoryEntries: count,
    diskBytes: count,
    diskEntries: count,
    preloadBytes: count,
    queueBytes: count,
    commitIntervalMs: micros,
    openTimeoutMs: micros,
    putTimeoutMs: micros,
    ttlMs: lifetime,
    policy: oneOf(MEMORY_POLICY),
    userAgent: text,
    proxy: text,
    noProxy: (value, name) => (Array.isArray(value) ? value.join(',') : lines(value, name)),
    caFile: filePath,
    secretNames: lines,
    maxConcurrency: count,
    breakFailures: count,
    breakMs: micros,
    walBytes: count,
    maxWalBytes: count,
    leaseWaitMs: micros,
    staleIfErrorMs: orNone(micros),
    maxHeuristicMs: orNone(micros),
    maxWaiting: count,
    maxBreakMs: micros,
    breakSuccesses: count,
    breakFailureRate: orNone(count),
    breakSlowRate: orNone(count),
    breakSlowMs: micros,
    breakWindowCalls: count,
    breakWindowMs: micros,
    breakMinCalls: count,
    retryMs: micros,
    maxRetryMs: micros,
    retryReserve: orNone(count),
    retryPercent: orNone(count),
  },
  OPEN,
);

export const putOptions = reader(
  {
    durability: oneOf(DURABILITY),
    ttlMs: lifetime,
    staleMs: micros,
    timeoutMs: micros,
    contentType: text,
    source: text,
    tags: lines,
    json: (value) => JSON.stringify(value),
  },
  PUT,
  ['namespace', 'signal', 'load'],
);

export const spaceOptions = reader({ ttlMs: lifetime, staleMs: micros, negativeTtlMs: lifetime });

export const loadOptions = reader({
  timeoutMs: orNone(micros),
  leaseMs: micros,
  earlyMs: (value, name) => (value === 0 ? NONE : micros(value, name)),
});

// Members of the standard's RequestInit. Others are without effect in fetch(), as there.
const STANDARD = ['method', 'headers', 'body', 'mode', 'credentials', 'cache', 'redirect', 'referrer',
  'referrerPolicy', 'integrity', 'keepalive', 'signal', 'window', 'duplex', 'priority', 'dispatcher'];

const fetchReader = reader(
  {
    timeoutMs: micros,
    connectTimeoutMs: micros,
    firstByteMs: micros,
    lowSpeedMs: micros,
    lowSpeedBytes: count,
    maxHeaderBytes: count,
    maxBodyBytes: count,
    maxRedirects: orNone(count),
    ttlMs: (value, name) => lifetime(value, name, UNLIMITED),
    retries: (value, name) => (value === 0 ? 0 : count(value, name)),
  },
  FETCH,
);
export const FETCH_MANY_NAMES = new Set([...STANDARD, ...fetchReader.names, 'parallel']);

export const fetchOptions = (init) =>
  fetchReader(Object.fromEntries(Object.entries(init).filter(([name]) => fetchReader.names.has(name))));

export const docsOptions = reader(
  {
    topic: text,
    version: text,
    ecosystem: text,
    projectRoot: filePath,
    paths: filePaths,
    urlTemplate: text,
    timeoutMs: micros,
    maxTokens: count,
  },
  DOCS,
  ['signal'],
);

export const warmOptions = reader(
  {
    paths: filePaths,
    urlTemplate: text,
    concurrency: count,
    timeoutMs: micros,
    maxRequests: count,
  },
  DOCS,
  ['signal', 'onProgress'],
);

const breakerReader = reader({
  failures: count,
  successes: count,
  openMs: micros,
  maxOpenMs: micros,
  maxConcurrency: count,
  probes: count,
  leaseMs: micros,
  maxWaiting: count,
  failureRate: count,
  slowRate: count,
  slowMs: micros,
  windowCalls: count,
  windowMs: micros,
  minCalls: count,
  retries: orNone(count),
  retryMs: micros,
  maxRetryMs: micros,
  retryReserve: orNone(count),
  retryPercent: orNone(count),
});

// undefined when nothing is asked for: a breaker that is there is then taken as it is.
export function breakerOptions(options) {
  const asked = Object.values(options).some((value) => value !== undefined);
  return asked ? breakerReader(options) : undefined;
}

// Names of the options of calls that have no struct for them.
const names = (...own) => new Set(['signal', ...own]);
const WALK = ['namespace', 'prefix', 'allNamespaces'];
export const NAMES = {
  get: names('namespace', ...Object.keys(GET)),
  space: names('namespace'),
  delete: names('namespace', 'durability'),
  filter: names(...WALK, 'tag'),
  walk: new Set(WALK),
  signal: names(),
  check: names('deep'),
  timeout: names('timeoutMs'),
  close: new Set(['deadlineMs']),
  acquire: names('waitMs'),
};

// Strings and bytes go to the addon as they are, everything else as the Uint8Array it stands for.
export function bytes(value, name) {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return new Uint8Array(value);
  }
  throw invalid(`${name}: expected a string, Buffer, typed array or ArrayBuffer`);
}
