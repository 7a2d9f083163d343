// The numbers of tapps.h that cross the border, in the forms the other files use.
import * as h from './declarations.js';

export const { NONE, UNLIMITED } = h;

export const OPEN = {
  readOnly: h.OPEN_READ_ONLY,
  offline: h.OPEN_OFFLINE,
  denyPrivate: h.OPEN_DENY_PRIVATE,
  keepSetCookie: h.OPEN_KEEP_SET_COOKIE,
  sharedHttp: h.OPEN_SHARED_HTTP,
  keepCredentialed: h.OPEN_KEEP_CREDENTIALED,
};
export const MEMORY_POLICY = { adaptive: h.POLICY_ADAPTIVE, lru: h.POLICY_LRU };
export const GET = {
  cachedOnly: h.GET_CACHED_ONLY,
  allowStale: h.GET_ALLOW_STALE,
  peek: h.GET_PEEK,
  showNegative: h.GET_SHOW_NEGATIVE,
};
export const PUT = { negative: h.PUT_NEGATIVE, sliding: h.PUT_SLIDING };
export const { CHECK_DEEP } = h;
export const DURABILITY = {
  async: h.DURABILITY_ASYNC,
  memory: h.DURABILITY_MEMORY,
  sync: h.DURABILITY_SYNC,
  full: h.DURABILITY_FULL,
};
export const VALUE = { STALE: h.VALUE_STALE, NEGATIVE: h.VALUE_NEGATIVE };
export const DOCS = { refresh: h.DOCS_REFRESH, offline: h.DOCS_OFFLINE };
export const FETCH = { denyPrivate: h.FETCH_DENY_PRIVATE, inOrder: h.FETCH_IN_ORDER };
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
  success: h.OUTCOME_SUCCESS,
  failure: h.OUTCOME_FAILURE,
  ignored: h.OUTCOME_IGNORED,
  localFailure: h.OUTCOME_LOCAL_FAILURE,
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
