// Options as JavaScript has them, into options as tapps.h has them: milliseconds into microseconds,
// names into numbers. undefined is the default everywhere.
import { DOCS, DURABILITY, NONE, OPEN, PUT, UNLIMITED } from './constants.js';
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

const flag = (on, bit) => (on ? bit : 0);

export function openOptions(o = {}) {
  return {
    flags: flag(o.readOnly, OPEN.READ_ONLY) | flag(o.offline, OPEN.OFFLINE),
    memoryBytes: count(o.memoryBytes, 'memoryBytes'),
    memoryEntries: count(o.memoryEntries, 'memoryEntries'),
    diskBytes: count(o.diskBytes, 'diskBytes'),
    queueBytes: count(o.queueBytes, 'queueBytes'),
    commitIntervalUs: micros(o.commitIntervalMs, 'commitIntervalMs'),
    openTimeoutUs: micros(o.openTimeoutMs, 'openTimeoutMs'),
    putTimeoutUs: micros(o.putTimeoutMs, 'putTimeoutMs'),
    ttlUs: micros(o.ttlMs, 'ttlMs', NONE),
    userAgent: o.userAgent,
    proxy: o.proxy,
    caFile: o.caFile,
    maxConcurrency: count(o.maxConcurrency, 'maxConcurrency'),
    breakFailures: count(o.breakFailures, 'breakFailures'),
    breakUs: micros(o.breakMs, 'breakMs'),
  };
}

export function putOptions(o = {}) {
  return {
    flags: flag(o.negative, PUT.NEGATIVE) | flag(o.sliding, PUT.SLIDING),
    durability: choice(DURABILITY, 'durability', o.durability, 'async'),
    ttlUs: micros(o.ttlMs, 'ttlMs', NONE),
    staleUs: micros(o.staleMs, 'staleMs'),
    timeoutUs: micros(o.timeoutMs, 'timeoutMs'),
    contentType: o.contentType,
    source: o.source,
    tags: lines(o.tags, 'tags'),
    json: o.json === undefined ? undefined : JSON.stringify(o.json),
  };
}

const docsFlags = (o) => flag(o.refresh, DOCS.REFRESH) | flag(o.offline, DOCS.OFFLINE);

export function docsOptions(o = {}) {
  return {
    flags: docsFlags(o),
    topic: o.topic,
    version: o.version,
    ecosystem: o.ecosystem,
    projectRoot: o.projectRoot,
    paths: lines(o.paths, 'paths'),
    urlTemplate: o.urlTemplate,
    timeoutUs: micros(o.timeoutMs, 'timeoutMs'),
    maxTokens: count(o.maxTokens, 'maxTokens'),
  };
}

export function warmOptions(o = {}) {
  return {
    flags: docsFlags(o),
    paths: lines(o.paths, 'paths'),
    urlTemplate: o.urlTemplate,
    concurrency: count(o.concurrency, 'concurrency'),
    timeoutUs: micros(o.timeoutMs, 'timeoutMs'),
    maxRequests: count(o.maxRequests, 'maxRequests'),
  };
}

// undefined when nothing is asked for: a breaker that is there is then taken as it is.
export function breakerOptions({ isFailure: _, ...o } = {}) {
  if (Object.values(o).every((value) => value === undefined)) return undefined;
  return {
    failures: count(o.failures, 'failures'),
    successes: count(o.successes, 'successes'),
    openUs: micros(o.openMs, 'openMs'),
    maxOpenUs: micros(o.maxOpenMs, 'maxOpenMs'),
    maxConcurrency: count(o.maxConcurrency, 'maxConcurrency'),
    probes: count(o.probes, 'probes'),
    leaseUs: micros(o.leaseMs, 'leaseMs'),
  };
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
