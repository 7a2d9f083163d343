// What the library tells about values, in the forms of JavaScript.
import { SERVED_FROM, STATE, VALUE } from './constants.js';

const millis = (us) => (us === 0 ? undefined : us / 1000);

const stored = (info) => ({
  ageMs: info.ageUs / 1000,
  stale: (info.flags & VALUE.STALE) !== 0,
  servedFrom: SERVED_FROM[info.servedFrom],
});

export function toEntry({ data, tags, json, ...info }) {
  return {
    value: data,
    version: info.version,
    createdAt: info.createdUs / 1000,
    expiresAt: millis(info.expiresUs),
    staleUntil: millis(info.staleUntilUs),
    ...stored(info),
    negative: (info.flags & VALUE.NEGATIVE) !== 0,
    contentType: info.contentType,
    source: info.source,
    tags: tags ? tags.split('\n') : [],
    json: json === undefined ? undefined : JSON.parse(json),
  };
}

/** An entry met on a walk. */
export function toListedEntry({ createdUs, expiresUs, lastUsedUs, flags, ...entry }) {
  return {
    ...entry,
    createdAt: createdUs / 1000,
    expiresAt: millis(expiresUs),
    lastUsedAt: millis(lastUsedUs),
    stale: (flags & VALUE.STALE) !== 0,
    negative: (flags & VALUE.NEGATIVE) !== 0,
  };
}

export function toDocument(data, info) {
  return {
    text: data.toString('utf8'),
    library: info.library,
    version: info.libraryVersion,
    ecosystem: info.ecosystem,
    source: info.source,
    topics: info.topic ? info.topic.split('\n') : [],
    contentType: info.contentType,
    tokens: info.tokens,
    ...stored(info),
    warning: info.warning,
  };
}

export const toProgress = ({ eta_us: etaUs, ...event }) => ({
  ...event,
  etaMs: etaUs === undefined ? undefined : etaUs / 1000,
});

export const toWarmResult = ({ duration_us: durationUs, ...result }) => ({
  ...result,
  durationMs: durationUs / 1000,
});

export const toStateEvent = ({ state, why }) => ({ state: STATE[state], why });

const breakerState = (name) => name.toLowerCase().replace('_', '-');

export const toBreakerEvent = ({ name, from, to, forced, open_us: openUs, at_us: atUs }) => ({
  name,
  from: breakerState(from),
  to: breakerState(to),
  forced,
  openMs: openUs / 1000,
  at: atUs / 1000,
});
