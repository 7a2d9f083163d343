// Options as JavaScript has them, into options as tapps.h has them: milliseconds into microseconds,
// names into numbers. undefined is the default everywhere.
import {
  DOCS,
  DURABILITY,
  FETCH,
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

// The converters of single options, each (value, name).
const text = (value) => value;
const forever = (value, name) => micros(value, name, NONE);
const oneOf = (table) => (value, name) => choice(table, name, value);

/** The bits of a table of flags that are on in `options`. */
export function flags(table, options = {}) {
  let bits = 0;
  for (const name in table) if (options[name]) bits |= table[name];
  return bits;
}

// A function from options as index.d.ts has them to those the addon reads: `fields` has the
// converter of each option, `bits` those that are flags.
function reader(fields, bits = {}) {
  const rows = Object.entries(fields).map(([name, convert]) => [
    name,
    name.replace(/Ms$/, 'Us'),
    convert,
  ]);
  return (options = {}) => {
    const native = { flags: flags(bits, options) };
    for (const [name, nativeName, convert] of rows) {
      const value = options[name];
      if (value !== undefined) native[nativeName] = convert(value, name);
    }
    return native;
  };
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
    ttlMs: forever,
    policy: oneOf(MEMORY_POLICY),
    userAgent: text,
    proxy: text,
    noProxy: (value, name) => (Array.isArray(value) ? value.join(',') : lines(value, name)),
    caFile: text,
    secretNames: lines,
    maxConcurrency: count,
    breakFailures: count,
    breakMs: micros,
  },
  OPEN,
);

export const putOptions = reader(
  {
    durability: oneOf(DURABILITY),
    ttlMs: forever,
    staleMs: micros,
    timeoutMs: micros,
    contentType: text,
    source: text,
    tags: lines,
    json: (value) => JSON.stringify(value),
  },
  PUT,
);

export const spaceOptions = reader({ ttlMs: forever, staleMs: micros, negativeTtlMs: forever });

export const loadOptions = reader({
  timeoutMs: (value, name) => (value === 0 ? NONE : micros(value, name)),
  leaseMs: micros,
  earlyMs: (value, name) => (value === 0 ? NONE : micros(value, name)),
});

export const fetchOptions = reader(
  {
    timeoutMs: micros,
    connectTimeoutMs: micros,
    firstByteMs: micros,
    lowSpeedMs: micros,
    lowSpeedBytes: count,
    maxBodyBytes: count,
    maxRedirects: (value, name) => (value === 0 ? NONE : count(value, name)),
    ttlMs: micros,
    retries: (value, name) => (value === 0 ? 0 : count(value, name)),
  },
  FETCH,
);

export const docsOptions = reader(
  {
    topic: text,
    version: text,
    ecosystem: text,
    projectRoot: text,
    paths: lines,
    urlTemplate: text,
    timeoutMs: micros,
    maxTokens: count,
  },
  DOCS,
);

export const warmOptions = reader(
  {
    paths: lines,
    urlTemplate: text,
    concurrency: count,
    timeoutMs: micros,
    maxRequests: count,
  },
  DOCS,
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
  retries: (value, name) => (value === 0 ? NONE : count(value, name)),
  retryMs: micros,
  maxRetryMs: micros,
});

// undefined when nothing is asked for: a breaker that is there is then taken as it is.
export function breakerOptions(options) {
  const asked = Object.values(options).some((value) => value !== undefined);
  return asked ? breakerReader(options) : undefined;
}

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
