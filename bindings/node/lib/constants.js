// The numbers of tapps.h that cross the border, in the forms the other files use.
import * as h from './declarations.js';

export const { NONE, UNLIMITED } = h;

export const OPEN = { READ_ONLY: h.OPEN_READ_ONLY, OFFLINE: h.OPEN_OFFLINE };
export const GET = {
  CACHED_ONLY: h.GET_CACHED_ONLY,
  ALLOW_STALE: h.GET_ALLOW_STALE,
  PEEK: h.GET_PEEK,
};
export const PUT = { NEGATIVE: h.PUT_NEGATIVE, SLIDING: h.PUT_SLIDING };
export const DURABILITY = {
  async: h.DURABILITY_ASYNC,
  memory: h.DURABILITY_MEMORY,
  sync: h.DURABILITY_SYNC,
  full: h.DURABILITY_FULL,
};
export const VALUE = { STALE: h.VALUE_STALE, NEGATIVE: h.VALUE_NEGATIVE };
export const DOCS = { REFRESH: h.DOCS_REFRESH, OFFLINE: h.DOCS_OFFLINE };
export const { FETCH_DENY_PRIVATE } = h;
export const FETCH_POLICY = {
  default: h.FETCH_DEFAULT,
  reload: h.FETCH_RELOAD,
  'no-store': h.FETCH_NO_STORE,
  'force-cache': h.FETCH_FORCE_CACHE,
  'only-if-cached': h.FETCH_ONLY_IF_CACHED,
  'no-cache': h.FETCH_NO_CACHE,
};
export const EVENT = {
  PROGRESS: h.EVENT_PROGRESS,
  BREAKER: h.EVENT_BREAKER,
  STATE: h.EVENT_STATE,
};
export const OUTCOME = {
  SUCCESS: h.OUTCOME_SUCCESS,
  FAILURE: h.OUTCOME_FAILURE,
  IGNORED: h.OUTCOME_IGNORED,
};
export const BREAKER_MODE = {
  auto: h.BREAKER_AUTO,
  open: h.BREAKER_FORCE_OPEN,
  closed: h.BREAKER_FORCE_CLOSED,
};

// Names by their numbers.
const named = (pairs) => pairs.reduce((all, [value, name]) => Object.assign(all, { [value]: name }), []);

export const BREAKER_STATE = named([
  [h.BREAKER_CLOSED, 'closed'],
  [h.BREAKER_OPEN, 'open'],
  [h.BREAKER_HALF_OPEN, 'half-open'],
]);
export const BREAKER_FORCED = named(
  Object.entries(BREAKER_MODE).map(([name, value]) => [value, name]),
);
export const STATE = named(
  Object.entries(h)
    .filter(([name]) => name.startsWith('STATE_'))
    .map(([name, value]) => [value, name.slice('STATE_'.length).toLowerCase()]),
);
export const SERVED_FROM = named(
  Object.entries(h)
    .filter(([name]) => name.startsWith('FROM_'))
    .map(([name, value]) => [value, name.slice('FROM_'.length).toLowerCase()]),
);
