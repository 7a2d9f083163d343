// The constants of tapps.h without TAPPS_. Generated from include/tapps.h by tools/generate_bindings.py; do not edit.

export const OK = 0;
export const E_NOT_FOUND = -1;
export const E_EXISTS = -2;
export const E_INVALID = -10;
export const E_UNSUPPORTED = -11;
export const E_CLOSED = -12;
export const E_FORKED = -13;
export const E_VERSION = -14;
export const E_BUSY = -20;
export const E_WOULD_BLOCK = -21;
export const E_TIMEOUT = -22;
export const E_CANCELLED = -23;
export const E_OUTCOME_UNKNOWN = -24;
export const E_IO = -30;
export const E_FULL = -31;
export const E_NOMEM = -32;
export const E_CORRUPT = -33;
export const E_READ_ONLY = -34;
export const E_DENIED = -35;
export const E_NETWORK = -40;
export const E_OPEN_CIRCUIT = -41;
export const E_QUOTA = -42;
export const E_OFFLINE = -43;
export const E_TOO_LARGE = -44;
export const E_PROTOCOL = -45;
export const E_INTERNAL = -50;

export const NONE = -1;
export const UNLIMITED = -2;

export const FROM_MEMORY = 1;
export const FROM_DISK = 2;
export const FROM_NETWORK = 3;
export const FROM_REVALIDATED = 4;
export const FROM_INSTALLED = 5;

export const VALUE_STALE = 1;
export const VALUE_NEGATIVE = 2;

export const TEXT_CONTENT_TYPE = 1;
export const TEXT_SOURCE = 2;
export const TEXT_TAGS = 3;
export const TEXT_JSON = 4;
export const TEXT_URL = 5;
export const TEXT_HEADERS = 6;
export const TEXT_CACHE_STATUS = 7;
export const TEXT_WARNING = 8;
export const TEXT_LIBRARY = 9;
export const TEXT_LIBRARY_VERSION = 10;
export const TEXT_ECOSYSTEM = 11;
export const TEXT_TOPIC = 12;

export const OPEN_READ_ONLY = 1;
export const OPEN_OFFLINE = 2;
export const OPEN_DENY_PRIVATE = 16;
export const OPEN_KEEP_SET_COOKIE = 32;
export const OPEN_SHARED_HTTP = 64;
export const OPEN_KEEP_CREDENTIALED = 128;

export const POLICY_ADAPTIVE = 0;
export const POLICY_LRU = 1;

export const STATE_OK = 0;
export const STATE_READ_ONLY = 1;
export const STATE_MEMORY = 2;
export const STATE_LOCKED = 3;
export const STATE_FULL = 4;
export const STATE_FAILED = 5;
export const STATE_WAL_PINNED = 6;
export const STATE_CLOSED = 7;

export const GET_CACHED_ONLY = 1;
export const GET_ALLOW_STALE = 2;
export const GET_PEEK = 4;
export const GET_SHOW_NEGATIVE = 8;

export const DURABILITY_ASYNC = 0;
export const DURABILITY_MEMORY = 1;
export const DURABILITY_SYNC = 2;
export const DURABILITY_FULL = 3;

export const PUT_NEGATIVE = 1;
export const PUT_SLIDING = 2;

export const CHECK_DEEP = 1;

export const RECORD_GET = 1;
export const RECORD_PUT = 2;
export const RECORD_FLUSH = 3;
export const RECORD_FETCH = 4;
export const RECORD_DOCS = 5;
export const RECORD_WARM = 6;
export const RECORD_DELETE = 7;
export const RECORD_DELETE_ALL = 8;
export const RECORD_TOUCH = 9;
export const RECORD_SWAP = 10;
export const RECORD_CONTAINS = 11;
export const RECORD_COUNT = 12;
export const RECORD_LOAD = 13;
export const RECORD_BACKUP = 14;
export const RECORD_CHECK = 15;
export const RECORD_COMPACT = 16;
export const RECORD_SURVEY = 17;
export const RECORD_ACQUIRE = 18;
export const EVENT_PROGRESS = 64;
export const EVENT_BREAKER = 65;
export const EVENT_STATE = 66;
export const EVENT_DAMAGE = 67;
export const EVENT_EVICTION = 68;

export const FETCH_DEFAULT = 0;
export const FETCH_RELOAD = 1;
export const FETCH_NO_STORE = 2;
export const FETCH_FORCE_CACHE = 3;
export const FETCH_ONLY_IF_CACHED = 4;
export const FETCH_NO_CACHE = 5;

export const FETCH_DENY_PRIVATE = 1;
export const FETCH_IN_ORDER = 2;

export const DOCS_REFRESH = 1;
export const DOCS_OFFLINE = 2;

export const BREAKER_CLOSED = 0;
export const BREAKER_OPEN = 1;
export const BREAKER_HALF_OPEN = 2;

export const OUTCOME_SUCCESS = 0;
export const OUTCOME_FAILURE = 1;
export const OUTCOME_IGNORED = 2;
export const OUTCOME_LOCAL_FAILURE = 3;

export const BREAKER_AUTO = 0;
export const BREAKER_FORCE_OPEN = 1;
export const BREAKER_FORCE_CLOSED = 2;

/** The names of the errors by their numbers. */
export const CODES = {
  '-1': 'NOT_FOUND',
  '-2': 'EXISTS',
  '-10': 'INVALID',
  '-11': 'UNSUPPORTED',
  '-12': 'CLOSED',
  '-13': 'FORKED',
  '-14': 'VERSION',
  '-20': 'BUSY',
  '-21': 'WOULD_BLOCK',
  '-22': 'TIMEOUT',
  '-23': 'CANCELLED',
  '-24': 'OUTCOME_UNKNOWN',
  '-30': 'IO',
  '-31': 'FULL',
  '-32': 'NOMEM',
  '-33': 'CORRUPT',
  '-34': 'READ_ONLY',
  '-35': 'DENIED',
  '-40': 'NETWORK',
  '-41': 'OPEN_CIRCUIT',
  '-42': 'QUOTA',
  '-43': 'OFFLINE',
  '-44': 'TOO_LARGE',
  '-45': 'PROTOCOL',
  '-50': 'INTERNAL',
};
