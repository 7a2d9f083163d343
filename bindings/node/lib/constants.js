// The numbers of tapps.h that cross the border.
export const NONE = -1;
export const UNLIMITED = -2;

export const OPEN = { READ_ONLY: 1, OFFLINE: 2 };
export const GET = { CACHED_ONLY: 1, ALLOW_STALE: 2, PEEK: 4 };
export const PUT = { NEGATIVE: 1, SLIDING: 2 };
export const DURABILITY = { async: 0, memory: 1, sync: 2, full: 3 };
export const VALUE = { STALE: 1, NEGATIVE: 2 };
export const DOCS = { REFRESH: 1, OFFLINE: 2 };
export const FETCH_DENY_PRIVATE = 1;
export const FETCH_POLICY = {
  default: 0,
  reload: 1,
  'no-store': 2,
  'force-cache': 3,
  'only-if-cached': 4,
  'no-cache': 5,
};
export const EVENT = { PROGRESS: 64, BREAKER: 65, STATE: 66 };
export const OUTCOME = { SUCCESS: 0, FAILURE: 1, IGNORED: 2 };
export const BREAKER_MODE = { auto: 0, open: 1, closed: 2 };
export const BREAKER_STATE = ['closed', 'open', 'half-open'];
export const BREAKER_FORCED = ['auto', 'open', 'closed'];
export const STATE = [
  'ok',
  'read_only',
  'memory',
  'locked',
  'full',
  'failed',
  'wal_pinned',
  'closed',
];
export const SERVED_FROM = [undefined, 'memory', 'disk', 'network', 'revalidated', 'installed'];
