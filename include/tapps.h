/* clang-format off */
/* tapps - an embedded cache for editors, coding agents and developer tools.
 *
 * One file of the user's, shared by every process; memory hits in nanoseconds, disk hits in
 * microseconds, the network once for everybody. This header is the manual.
 *
 *     tapps_cache *cache = NULL;
 *     tapps_error *err = NULL;
 *     if (tapps_cache_open(NULL, NULL, &cache, &err) != TAPPS_OK) {
 *       puts(tapps_error_message(err));
 *       tapps_error_release(err);
 *       return 1;
 *     }
 *     tapps_cache_put(cache, NULL, "greeting", 8, "hello", 5, NULL, NULL);
 *
 *     tapps_value *value = NULL;
 *     const void *data = NULL;
 *     size_t size = 0;
 *     int32_t code = tapps_cache_get(cache, NULL, "greeting", 8, NULL, &value, &data, &size, NULL);
 *     if (code == TAPPS_OK) fwrite(data, 1, size, stdout);
 *     tapps_value_release(value);
 *     tapps_cache_close(cache, 0, NULL);
 *     tapps_cache_release(cache);
 *
 * Conventions, which hold everywhere and are not repeated below:
 *
 *  1. Every function that can fail returns int32_t: TAPPS_OK (0) or a negative TAPPS_E_* code. When
 *     `err` is not NULL and the call fails, *err receives an owned error (tapps_error_release); on
 *     success *err is set to NULL. Outputs are set to NULL or zero when the call fails.
 *  2. Order of parameters: the object, inputs, options, outputs, err.
 *  3. Bytes going in are a pointer and a length, borrowed for the call; asynchronous calls copy
 *     what they keep. Strings going in are UTF-8 and NUL-terminated; text that is not UTF-8 is
 *     INVALID. Bytes coming out belong to an immutable tapps_value. The caller never calls free().
 *  4. Times are integer microseconds: UTC since 1970 where named *_us of an instant, else
 *     durations. In options 0 means the default, -1 (TAPPS_NONE) none, -2 (TAPPS_UNLIMITED) no
 *     limit.
 *  5. Options structs start with struct_size = sizeof(the struct); NULL means all defaults. Fields
 *     are only ever appended. Bytes beyond those the library knows must be zero, else UNSUPPORTED.
 *  6. Objects are released in any order, from any thread; children hold their parents; NULL is
 *     accepted. Release never blocks and does no I/O. After close, calls return CLOSED.
 *  7. tapps_cache, tapps_queue, tapps_value, tapps_breaker and tapps_plan: any threads at once.
 *     tapps_cursor and tapps_error: one thread at a time, any thread.
 *  8. After fork() the child gets FORKED from every call on inherited objects and, when the parent
 *     had one open, from opening a file, until it calls exec. ":memory:" may always be opened.
 *  9. The library never prints, never aborts, installs no signal or exit handler. Threads start
 *     when first needed (a write, an asynchronous call, a fetch), are named tapps-* and block all
 *     signals.
 */
/* clang-format on */
#ifndef TAPPS_H
#define TAPPS_H

#include <stddef.h>
#include <stdint.h>

#define TAPPS_VERSION_MAJOR 0
#define TAPPS_VERSION_MINOR 1
#define TAPPS_VERSION_PATCH 0
#define TAPPS_ABI 0

#ifndef TAPPS_API
#if defined(__GNUC__)
#define TAPPS_API __attribute__((visibility("default")))
#else
#define TAPPS_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ffi: begin */

/* ---- Errors ---------------------------------------------------------------- */

/* Result codes, grouped by what the caller should do. Numbers never change; more may be added. */
enum {
  TAPPS_OK = 0,

  /* The answer is no. */
  TAPPS_E_NOT_FOUND = -1, /* nothing there (or remembered as not there) */
  TAPPS_E_EXISTS = -2,    /* already there, or open with other options */

  /* The call is wrong: change the program. */
  TAPPS_E_INVALID = -10,     /* an argument breaks its contract; the message says which */
  TAPPS_E_UNSUPPORTED = -11, /* this release, file system or build cannot do it */
  TAPPS_E_CLOSED = -12,      /* the object was closed */
  TAPPS_E_FORKED = -13,      /* used in a child process after fork */
  TAPPS_E_VERSION = -14,     /* file or header of another, incompatible major version */

  /* Not now: try again later, or do without. */
  TAPPS_E_BUSY = -20,        /* a bounded queue or a concurrency limit is full */
  TAPPS_E_WOULD_BLOCK = -21, /* the answer is not in memory and the call may not touch the disk */
  TAPPS_E_TIMEOUT = -22,     /* the deadline passed; nothing was changed in the file */
  TAPPS_E_CANCELLED = -23,   /* cancelled by the host */
  TAPPS_E_OUTCOME_UNKNOWN = -24, /* too late in the commit, or a full put not synced */

  /* The machine: look at the file, the disk, the permissions. */
  TAPPS_E_IO = -30,
  TAPPS_E_FULL = -31, /* the disk, or a limit of the cache, is full */
  TAPPS_E_NOMEM = -32,
  TAPPS_E_CORRUPT = -33,   /* not a cache file, or damaged */
  TAPPS_E_READ_ONLY = -34, /* the file or folder may not be written */
  TAPPS_E_DENIED = -35,    /* no permission, or a file or folder of another owner */

  /* The network: the message says what failed, retry_after_us when to try again. */
  TAPPS_E_NETWORK = -40,      /* could not connect, or the transfer failed */
  TAPPS_E_OPEN_CIRCUIT = -41, /* failing fast: the breaker is open */
  TAPPS_E_QUOTA = -42,        /* failing fast: the origin asked to wait */
  TAPPS_E_OFFLINE = -43,      /* the network is switched off by policy */
  TAPPS_E_TOO_LARGE = -44,    /* a body, header or value above its limit */
  TAPPS_E_PROTOCOL = -45,     /* the peer's answer is not what it should be */

  TAPPS_E_INTERNAL = -50 /* a defect of tapps: please report it */
};

/* ---- Numbers with a meaning in options (convention 4) ---------------------- */

enum {
  TAPPS_NONE = -1,     /* no TTL, no wait, no retry */
  TAPPS_UNLIMITED = -2 /* no limit */
};

/* ---- Library --------------------------------------------------------------- */

/* The library's version as text, "0.1.0".
 * Lifetime: static. Threads: any. Since: 0.1. */
TAPPS_API const char* tapps_version(void);

/* The ABI's number, the same as in the file name libtapps.so.N; differs only after a break.
 * Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_abi(void);

/* ---- Errors: functions ----------------------------------------------------- */

/* A failure with its details. One thread at a time; may cross threads. */
typedef struct tapps_error tapps_error;

/* The code of an error; TAPPS_OK for NULL. Threads: one at a time. Since: 0.1. */
TAPPS_API int32_t tapps_error_code(const tapps_error* error);

/* One line of UTF-8 on what failed and why; never holds credentials.
 * Lifetime: until the error is released. "" for NULL. Threads: one at a time. Since: 0.1. */
TAPPS_API const char* tapps_error_message(const tapps_error* error);

/* SQLite's extended result code, or 0. Threads: one at a time. Since: 0.1. */
TAPPS_API int32_t tapps_error_sqlite(const tapps_error* error);

/* errno of the system call that failed, or 0. Threads: one at a time. Since: 0.1. */
TAPPS_API int32_t tapps_error_errno(const tapps_error* error);

/* HTTP status of the answer that made the call fail, or 0. Threads: one at a time. Since: 0.1. */
TAPPS_API int32_t tapps_error_http_status(const tapps_error* error);

/* How long to wait before trying again, in microseconds; 0 when not known.
 * Threads: one at a time. Since: 0.1. */
TAPPS_API int64_t tapps_error_retry_after_us(const tapps_error* error);

/* Frees an error. Threads: one at a time. Since: 0.1. */
TAPPS_API void tapps_error_release(tapps_error* error);

/* The name of a code without its prefix, "NOT_FOUND"; "UNKNOWN" for a number that is none.
 * Lifetime: static. Threads: any. Since: 0.1. */
TAPPS_API const char* tapps_code_name(int32_t code);

/* One sentence on what a code means. Lifetime: static. Threads: any. Since: 0.1. */
TAPPS_API const char* tapps_code_meaning(int32_t code);

/* ---- Values ---------------------------------------------------------------- */

/* Immutable bytes and what is known about them: a cached value, a fetched response, a document.
 * Counted atomically; any threads. */
typedef struct tapps_value tapps_value;

/* Where a value came from. */
enum {
  TAPPS_FROM_MEMORY = 1,
  TAPPS_FROM_DISK = 2,
  TAPPS_FROM_NETWORK = 3,
  TAPPS_FROM_REVALIDATED = 4, /* stored; the origin confirmed it */
  TAPPS_FROM_INSTALLED = 5    /* read from a package installed on this machine */
};

/* Bits of tapps_info.flags. */
enum {
  TAPPS_VALUE_STALE = 1,   /* past its lifetime, inside its stale window */
  TAPPS_VALUE_NEGATIVE = 2 /* remembered as "not found" */
};

/* The numbers known about a value. Layout frozen; reserved is zero. */
typedef struct tapps_info {
  int64_t version;        /* differs after every write of the key; 0: not stored */
  int64_t created_us;     /* when it was written, or generated by its origin */
  int64_t expires_us;     /* end of its lifetime; 0: none */
  int64_t stale_until_us; /* end of its stale window; 0: none */
  int64_t age_us;         /* from created_us to the call that returned it, never below 0 */
  int64_t size;           /* bytes */
  int64_t tokens;         /* documents: estimated language-model tokens; else 0 */
  int32_t served_from;    /* TAPPS_FROM_* */
  uint32_t flags;         /* TAPPS_VALUE_* */
  int32_t http_status;    /* responses: 100..999; else 0 */
  int32_t padding;
  int64_t reserved[6];
} tapps_info;

/* The texts known about a value. */
enum {
  TAPPS_TEXT_CONTENT_TYPE = 1,
  TAPPS_TEXT_SOURCE = 2,       /* free text of the writer; documents: where they were found */
  TAPPS_TEXT_TAGS = 3,         /* one a line */
  TAPPS_TEXT_JSON = 4,         /* the writer's own JSON */
  TAPPS_TEXT_URL = 5,          /* responses: the final URL after redirects */
  TAPPS_TEXT_HEADERS = 6,      /* responses: "Name: value" lines as received, each ended by \r\n */
  TAPPS_TEXT_CACHE_STATUS = 7, /* responses: RFC 9211 Cache-Status of this call */
  TAPPS_TEXT_WARNING = 8,      /* why the value is less than asked for */
  TAPPS_TEXT_LIBRARY = 9,      /* documents: the library's name in its ecosystem */
  TAPPS_TEXT_LIBRARY_VERSION = 10,
  TAPPS_TEXT_ECOSYSTEM = 11, /* documents: "npm", "pypi" */
  TAPPS_TEXT_TOPIC = 12      /* documents: headings of the sections chosen, one a line */
};

/* The bytes of a value; *size receives their number when size is not NULL. Bytes are followed by a
 * NUL that is not counted. Lifetime: until the value is released. NULL for NULL. Threads: any.
 * Since: 0.1. */
TAPPS_API const void* tapps_value_data(const tapps_value* value, size_t* size);

/* Fills *info. Threads: any. Since: 0.1. */
TAPPS_API void tapps_value_info(const tapps_value* value, tapps_info* info);

/* One of the texts (TAPPS_TEXT_*), NUL-terminated; NULL when it is not known. UTF-8, but
 * CONTENT_TYPE and HEADERS of a response are the bytes that the origin sent. *size receives the
 * length without the NUL when size is not NULL. Lifetime: until the value is released. Threads:
 * any. Since: 0.1. */
TAPPS_API const char* tapps_value_text(const tapps_value* value, int32_t text, size_t* size);

/* Adds a reference; returns `value`. Threads: any. Since: 0.1. */
TAPPS_API tapps_value* tapps_value_retain(tapps_value* value);

/* Drops a reference. Threads: any. Since: 0.1. */
TAPPS_API void tapps_value_release(tapps_value* value);

/* ---- Cache: open and close ------------------------------------------------- */

/* An open cache: a memory tier over one SQLite file. Any threads. */
typedef struct tapps_cache tapps_cache;

/* Bits of tapps_open_options.flags. */
enum {
  TAPPS_OPEN_READ_ONLY = 1, /* never writes the file; needs an existing file */
  TAPPS_OPEN_OFFLINE = 2,   /* fetches answer from the cache or fail with OFFLINE */
  /* Of fetches: */
  TAPPS_OPEN_DENY_PRIVATE = 16,    /* private, local addresses: DENIED; by a proxy: INVALID */
  TAPPS_OPEN_KEEP_SET_COOKIE = 32, /* Set-Cookie reaches the file; else it stays in memory */
  TAPPS_OPEN_SHARED_HTTP = 64,     /* obeys RFC 9111 as a shared cache: s-maxage, not private */
  /* Answers to requests with credentials reach the file, where a salted hash of the credentials
     tells them apart, for whoever sends the same ones; else they stay in memory. The credentials
     themselves never reach it. */
  TAPPS_OPEN_KEEP_CREDENTIALED = 128
};

/* How the memory tier chooses what to forget when it is full. */
enum {
  TAPPS_POLICY_ADAPTIVE = 0, /* learns from what it serves */
  TAPPS_POLICY_LRU = 1       /* the least recently used first */
};

/* How to open a cache. */
typedef struct tapps_open_options {
  uint32_t struct_size;
  uint32_t flags;             /* TAPPS_OPEN_* */
  int64_t memory_bytes;       /* bound of the memory tier, >= 64 KiB; = 64 MiB */
  int64_t memory_entries;     /* bound of the memory tier; = unlimited */
  int64_t disk_bytes;         /* bound of the file set, >= 1 MiB; = 1 GiB */
  int64_t queue_bytes;        /* bound of what is not yet written, >= 64 KiB; = 32 MiB */
  int64_t commit_interval_us; /* longest time an async put waits for its commit; = 20 ms */
  int64_t open_timeout_us;    /* = 5 s */
  int64_t put_timeout_us;     /* wait for room in the queue, or for a sync commit; = 3 s */
  int64_t ttl_us;             /* lifetime of entries put without one; = none */
  const char* user_agent;     /* of fetches; = "tapps/<version>" */
  const char* proxy;          /* of fetches, a URL; = none: the environment is not read */
  const char* ca_file;        /* of fetches, PEM; = the system's */
  int64_t max_concurrency;    /* requests under way to one origin; = 5 */
  int64_t break_failures;     /* consecutive failures that open an origin's breaker; = 5 */
  int64_t break_us;           /* first time an open breaker stays open; = 30 s */
  int32_t policy;             /* TAPPS_POLICY_* */
  int32_t padding;
  int64_t disk_entries;  /* bound of the entries in the file; = unlimited */
  int64_t preload_bytes; /* read into memory after the open, in the background: what was used last;
                            = none */
  const char* no_proxy;  /* hosts reached without the proxy, separated by commas; = none */
  const char* secret_names; /* further query parameters and header fields that are secrets, one a
                               line; a name stands for those that end in it too. Always secrets:
                               token, key, sig, signature, secret, password and the like */
  int64_t wal_bytes;     /* the WAL is checkpointed from half of it on, >= 64 KiB; = 8 MiB; at most
                            a quarter of max_wal_bytes */
  int64_t max_wal_bytes; /* no commit begins beyond, >= 256 KiB; = 64 MiB; at most a quarter of
                            disk_bytes */
  int64_t lease_wait_us; /* a load or fetch that the file does not let be the only one by then goes
                            alone, up to 1 min; = 50 ms */
  int64_t stale_if_error_us; /* how long after its lifetime an answer stands in for an origin that
                                fails, where neither it nor the request says; = 1 day; -1, -2 */
  int64_t max_heuristic_us;  /* bound of a lifetime guessed from Last-Modified; = 1 day; -1: none is
                                guessed; -2 */
  int64_t max_waiting;       /* fetches that wait for a place at one origin, 1..1,048,576; more:
                                BUSY; = 1,024 */
  /* What origins' breakers have, and others unless opened with their own: as in
     tapps_breaker_options. */
  int64_t max_break_us;
  int64_t break_successes;
  int64_t break_failure_rate;
  int64_t break_slow_rate;
  int64_t break_slow_us;
  int64_t break_window_calls;
  int64_t break_window_us;
  int64_t break_min_calls;
  int64_t retry_us;
  int64_t max_retry_us;
  int64_t retry_reserve;
  int64_t retry_percent;
} tapps_open_options;

/* Opens the cache in the file at `path`, creating folder (0700) and file (0600) when missing.
 * path NULL: $XDG_CACHE_HOME/tapps/cache-1.db, else $HOME/.cache/tapps/cache-1.db. ":memory:": no
 * file. Opening a file again in one process returns the same cache; other options then: EXISTS. A
 * file that may not be written opens all the same and keeps new entries in memory only, as
 * tapps_cache_state tells.
 * Returns INVALID (options, not a folder), CORRUPT (not a cache file), VERSION (a newer major),
 * DENIED (permission, other owner, symbolic link), UNSUPPORTED (file system on which WAL is not
 * safe; or another copy of SQLite in this process has the file open, as with dlmopen: each would
 * drop the other's locks), TIMEOUT, IO, FULL, FORKED. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_open(const char* path, const tapps_open_options* options,
                                   tapps_cache** cache, tapps_error** err);

/* Writes what is queued, stops the threads and marks this handle closed; waits for permits end with
 * CLOSED. Another handle on the same file in this process keeps the cache running. deadline_us 0:
 * 5 s; what is not written by then is reported as TIMEOUT and goes on being written in the
 * background. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_close(tapps_cache* cache, int64_t deadline_us, tapps_error** err);

/* Gives the handle back. Without a close before, what is queued is written in the background.
 * Threads: any. Since: 0.1. */
TAPPS_API void tapps_cache_release(tapps_cache* cache);

/* How the cache stands. */
enum {
  TAPPS_STATE_OK = 0,
  TAPPS_STATE_READ_ONLY = 1, /* the file may not be written: new entries stay in memory */
  TAPPS_STATE_MEMORY = 2,    /* no file: memory only */
  TAPPS_STATE_LOCKED = 3,    /* another process holds the write lock for long; writes are waiting */
  TAPPS_STATE_FULL = 4,      /* the disk is full; writes are waiting */
  TAPPS_STATE_FAILED = 5,    /* the file fails otherwise; writes are waiting */
  TAPPS_STATE_WAL_PINNED = 6, /* a foreign reader keeps the WAL from shrinking */
  TAPPS_STATE_CLOSED = 7
};

/* The present TAPPS_STATE_*. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_state(const tapps_cache* cache);

/* The path of the file, ":memory:" without one. Lifetime: the handle's. Threads: any.
 * Since: 0.1. */
TAPPS_API const char* tapps_cache_path(const tapps_cache* cache);

/* ---- Cache: entries -------------------------------------------------------- */
/* A key is 1..4,096 bytes within a namespace. A namespace is 1..255 bytes of UTF-8; NULL means
 * "default". Names that begin with "tapps." are the library's own: they can be read, not written. A
 * value is 0..256 MiB. */

/* Bits of tapps_get_options.flags. */
enum {
  TAPPS_GET_CACHED_ONLY = 1,  /* never touches the disk: WOULD_BLOCK instead */
  TAPPS_GET_ALLOW_STALE = 2,  /* also entries in their stale window, marked TAPPS_VALUE_STALE */
  TAPPS_GET_PEEK = 4,         /* does not count as a use */
  TAPPS_GET_SHOW_NEGATIVE = 8 /* returns negative entries, marked TAPPS_VALUE_NEGATIVE */
};

typedef struct tapps_get_options {
  uint32_t struct_size;
  uint32_t flags; /* TAPPS_GET_* */
} tapps_get_options;

/* How long a put is waited for and what a crash may lose. */
enum {
  TAPPS_DURABILITY_ASYNC = 0,  /* committed within commit_interval_us */
  TAPPS_DURABILITY_MEMORY = 1, /* not written to the file; entries up to 4 MiB, else TOO_LARGE */
  TAPPS_DURABILITY_SYNC = 2,   /* committed on return: survives the death of the process */
  TAPPS_DURABILITY_FULL = 3    /* fsynced on return: survives a power loss */
};

/* Bits of tapps_put_options.flags. */
enum {
  TAPPS_PUT_NEGATIVE = 1, /* remembers "not found"; ttl_us = 60 s */
  TAPPS_PUT_SLIDING = 2   /* every use prolongs the lifetime by ttl_us */
};

typedef struct tapps_put_options {
  uint32_t struct_size;
  uint32_t flags;     /* TAPPS_PUT_* */
  int32_t durability; /* TAPPS_DURABILITY_* */
  int32_t padding;
  int64_t ttl_us;           /* lifetime; = the cache's */
  int64_t stale_us;         /* window after it in which ALLOW_STALE serves the entry; = none */
  int64_t timeout_us;       /* = the cache's put_timeout_us */
  const char* content_type; /* or NULL; a text has at most 1 MiB, else TOO_LARGE */
  const char* source;       /* free text, or NULL */
  const char* tags;         /* one a line, or NULL */
  const char* json;         /* a JSON object of the host's, or NULL */
} tapps_put_options;

/* Looks a key up. *data and *size (each may be NULL) receive the bytes of *value.
 * Returns NOT_FOUND, also for expired and negative entries; WOULD_BLOCK only with CACHED_ONLY; an
 * unreadable file makes a miss. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_get(tapps_cache* cache, const char* space, const void* key,
                                  size_t key_size, const tapps_get_options* options,
                                  tapps_value** value, const void** data, size_t* size,
                                  tapps_error** err);

/* One key of tapps_cache_get_many. The caller fills key and key_size; the library the rest. */
typedef struct tapps_get_item {
  const void* key;
  size_t key_size;
  tapps_value* value; /* to be released by the caller; NULL unless code is TAPPS_OK */
  const void* data;
  size_t size;
  int32_t code;
  int32_t padding;
} tapps_get_item;

/* Whether a plain get would find the key: TAPPS_OK or NOT_FOUND. Reads no value and does not count
 * as a use. *version (may be NULL) receives the entry's version, for tapps_cache_swap; 0 with
 * NOT_FOUND. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_contains(tapps_cache* cache, const char* space, const void* key,
                                       size_t key_size, int64_t* version, tapps_error** err);

/* Looks `count` keys up in one crossing and one view of the file. Returns TAPPS_OK when each item
 * has its code, whatever the codes are. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_get_many(tapps_cache* cache, const char* space, tapps_get_item* items,
                                       size_t count, const tapps_get_options* options,
                                       tapps_error** err);

/* Stores a copy of `size` bytes. Visible to this process at once, to others after the commit.
 * Returns BUSY when the queue stays full for the timeout, and without a wait while the file cannot
 * be written (state LOCKED, FULL, FAILED, WAL_PINNED): async puts are then taken until queue_bytes
 * of them wait. TIMEOUT (withdrawn) or OUTCOME_UNKNOWN for sync and full puts, TOO_LARGE, IO, FULL,
 * READ_ONLY. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_put(tapps_cache* cache, const char* space, const void* key,
                                  size_t key_size, const void* data, size_t size,
                                  const tapps_put_options* options, tapps_error** err);

/* One entry of tapps_cache_put_many. */
typedef struct tapps_put_item {
  const void* key;
  size_t key_size;
  const void* data;
  size_t size;
} tapps_put_item;

/* Stores `count` entries with the same options, in one transaction. All are checked before the
 * first is stored. Returns as tapps_cache_put. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_put_many(tapps_cache* cache, const char* space,
                                       const tapps_put_item* items, size_t count,
                                       const tapps_put_options* options, tapps_error** err);

/* Stores a copy of `size` bytes if the entry has `expected` as its version (tapps_info.version),
 * or, for 0, if a plain get would not find the key. Committed when the call returns, whatever the
 * durability in the options (FULL: fsynced). *version (may be NULL) receives the new version; with
 * EXISTS the present one, 0 when there is no entry. Of several swaps that expect one version, in
 * any number of processes, one succeeds. Returns EXISTS when the version is another one, and as a
 * sync tapps_cache_put. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_swap(tapps_cache* cache, const char* space, const void* key,
                                   size_t key_size, int64_t expected, const void* data, size_t size,
                                   const tapps_put_options* options, int64_t* version,
                                   tapps_error** err);

/* Removes a key; one that is not there is no error. durability: TAPPS_DURABILITY_*.
 * Returns as tapps_cache_put. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_delete(tapps_cache* cache, const char* space, const void* key,
                                     size_t key_size, int32_t durability, tapps_error** err);

/* Which entries are meant: those that meet every condition given. */
typedef struct tapps_filter {
  uint32_t struct_size;
  uint32_t padding;
  const char* space;  /* NULL: every namespace but the library's own */
  const void* prefix; /* first bytes of the key, or NULL */
  size_t prefix_size;
  const char* tag; /* or NULL */
} tapps_filter;

/* Removes entries by namespace, key prefix and tag, committed when the call returns; filter NULL:
 * all, fetched responses and documents too; of the library's namespaces a filter may name
 * "tapps.http" and "tapps.docs". Many go in slices, between which others may write; the put timeout
 * is that of a slice. *removed (may be NULL) receives the number removed. Returns as a sync
 * tapps_cache_put; OUTCOME_UNKNOWN: some may be removed. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_delete_all(tapps_cache* cache, const tapps_filter* filter,
                                         int64_t* removed, tapps_error** err);

/* Counts entries by namespace, key prefix and tag, leaving out those that may not be served any
 * more; filter NULL: all but the library's own. Pending puts are flushed first, as far as the file
 * can be written. *entries and *bytes (each may be NULL) receive the number of entries and the
 * bytes of their keys and values. Reads every entry's row unless the filter has a tag: milliseconds
 * for ten thousand. Returns IO, CORRUPT. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_count(tapps_cache* cache, const tapps_filter* filter,
                                    int64_t* entries, int64_t* bytes, tapps_error** err);

/* Gives an entry a new lifetime from now on; ttl_us as in tapps_put_options.
 * Returns NOT_FOUND, and as an async tapps_cache_put. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_touch(tapps_cache* cache, const char* space, const void* key,
                                    size_t key_size, int64_t ttl_us, tapps_error** err);

/* Returns when everything put before is committed. timeout_us 0: 3 s.
 * Returns TIMEOUT, and what kept the writer from writing. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_flush(tapps_cache* cache, int64_t timeout_us, tapps_error** err);

/* What entries of a namespace get when their put does not say. */
typedef struct tapps_space_options {
  uint32_t struct_size;
  uint32_t padding;
  int64_t ttl_us;          /* lifetime; = the cache's; -1: none */
  int64_t stale_us;        /* window after it; = none; -2: unlimited */
  int64_t negative_ttl_us; /* lifetime of negative entries; = 60 s; -1: none */
} tapps_space_options;

/* Sets the defaults of a namespace for entries put from now on, in this process; options NULL: back
 * to the cache's. At most 1,024 namespaces have some: FULL. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_set_space(tapps_cache* cache, const char* space,
                                        const tapps_space_options* options, tapps_error** err);

/* ---- Cache: loading -------------------------------------------------------- */
/* Get, or compute and put, with one computation for all who ask: threads of this process and other
 * processes on the file.
 *
 *     int64_t lease = 0;
 *     code = tapps_cache_load(cache, NULL, key, key_size, NULL, &value, &data, &size, &lease, &e);
 *     if (lease > 0 && compute(&data, &size))
 *       tapps_cache_load_finish(cache, lease, data, size, NULL, NULL);
 *     else if (lease > 0)
 *       tapps_cache_load_abandon(cache, lease);
 */

typedef struct tapps_load_options {
  uint32_t struct_size;
  uint32_t padding;
  int64_t timeout_us; /* wait for somebody else's load; = 30 s; -1: none */
  int64_t lease_us;   /* time to load, after which somebody else may; 1 ms to 1 h; = 30 s */
  int64_t early_us;   /* how long a load takes, see below; = measured; -1: no early refresh */
} tapps_load_options;

/* Looks a key up for a caller who can make the value. There are four ways to succeed:
 *  - *value, *lease 0: serve the value.
 *  - *value NULL, *lease above 0: this caller, and no other, loads. It ends the lease with
 *    tapps_cache_load_finish or tapps_cache_load_abandon.
 *  - *value and *lease: serve the value, and load its successor. It is in its stale window, or near
 *    the end of its lifetime: the nearer, the likelier, and earlier the longer a load takes
 *    (early_us), so that a hot key never ends for all at once. One caller at a time gets this.
 *  - NOT_FOUND: the key is remembered as not there (TAPPS_PUT_NEGATIVE).
 * A caller who finds somebody loading waits and gets what that one put. When the loader abandons,
 * lets its lease run out or dies, one who waits gets a lease. When the file cannot be written
 * within lease_wait_us the caller loads without regard to other processes ("lone" in the
 * statistics). An entry put by tapps_cache_put during a load does not end the waiting in this
 * process. Returns TIMEOUT, CLOSED. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_load(tapps_cache* cache, const char* space, const void* key,
                                   size_t key_size, const tapps_load_options* options,
                                   tapps_value** value, const void** data, size_t* size,
                                   int64_t* lease, tapps_error** err);

/* Ends a lease with a value, which is put as by tapps_cache_put and handed to all who wait, also
 * when the put fails. After a lease that ran out the value is put all the same. Returns NOT_FOUND
 * for a lease that was ended before or is not known, else as tapps_cache_put.
 * Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_load_finish(tapps_cache* cache, int64_t lease, const void* data,
                                          size_t size, const tapps_put_options* options,
                                          tapps_error** err);

/* Ends a lease without a value: the next who waits gets a lease. A lease that was ended before or
 * is not known: no effect. Works after the handle's close, too: while another handle keeps the
 * cache running, a close ends no leases, and one that is not abandoned lasts until its time is up.
 * The close of the last handle ends all. Threads: any. Since: 0.1. */
TAPPS_API void tapps_cache_load_abandon(tapps_cache* cache, int64_t lease);

/* ---- Cache: upkeep --------------------------------------------------------- */
/* None of these is needed for a cache to work well. They read or write the whole file, on the
 * thread that calls, while it is in use by this and other processes. */

/* Bits of the flags of tapps_cache_check. */
enum {
  TAPPS_CHECK_DEEP = 1 /* indexes and every entry too; else pages, and a sample of the entries */
};

/* Copies the cache as it stands to a file (0600), which replaces what is at `path` when all of it
 * is there. What was put before is in it. Returns EXISTS (the cache's own file), UNSUPPORTED
 * (without a file), DENIED, IO, FULL, TIMEOUT. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_backup(tapps_cache* cache, const char* path, tapps_error** err);

/* Looks for damage and changes nothing. *value receives a JSON object: {"ok", "entries" (looked
 * at), "damaged" (of those: gets miss them), "problems":["..."]}. TAPPS_OK means that it could
 * look. Returns UNSUPPORTED (without a file), IO, BUSY. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_check(tapps_cache* cache, uint32_t flags, tapps_value** value,
                                    const void** data, size_t* size, tapps_error** err);

/* Gives unused space of the file back to the file system; others have their turn in between.
 * timeout_us 0: 30 s. *freed (may be NULL) receives the bytes. Returns TIMEOUT (what was given back
 * stays so), UNSUPPORTED (without a file), READ_ONLY, IO, FULL. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_compact(tapps_cache* cache, int64_t timeout_us, int64_t* freed,
                                      tapps_error** err);

/* Looks at every committed entry. *value receives a JSON object: {"entries", "bytes", "expired"
 * (still in the file), "spaces":{NAME:{"entries", "bytes", "fresh", "stale", "negative"}},
 * "ages":{"minute", "hour", "day", "week", "month", "older"}}. An entry counts under the shortest
 * age that it has not passed. Returns IO, CORRUPT. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_survey(tapps_cache* cache, tapps_value** value, const void** data,
                                     size_t* size, tapps_error** err);

/* ---- Cache: iteration ------------------------------------------------------ */

/* A walk over keys. One thread at a time. Holds no lock and no snapshot between calls: entries
 * written during the walk may or may not appear. */
typedef struct tapps_cursor tapps_cursor;

/* An entry a cursor stands on. Pointers live until the next call with the cursor. Layout frozen. */
typedef struct tapps_entry {
  const void* key;
  size_t key_size;
  const char* space;
  const char* content_type; /* or NULL */
  int64_t size;
  int64_t created_us;
  int64_t expires_us; /* 0: none */
  int64_t last_used_us;
  int64_t hits;
  uint32_t flags; /* TAPPS_VALUE_* */
  uint32_t padding;
  int64_t reserved[4];
} tapps_entry;

/* Starts a walk over the committed entries of a namespace (NULL: of all) whose key begins with
 * `prefix`, in no particular order; entries that may not be served any more are left out. Pending
 * puts are flushed first. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cursor_open(tapps_cache* cache, const char* space, const void* prefix,
                                    size_t prefix_size, tapps_cursor** cursor, tapps_error** err);

/* Moves to the next entry and fills *entry. Returns NOT_FOUND after the last one.
 * Threads: one at a time. Since: 0.1. */
TAPPS_API int32_t tapps_cursor_next(tapps_cursor* cursor, tapps_entry* entry, tapps_error** err);

/* Ends a walk. Threads: one at a time. Since: 0.1. */
TAPPS_API void tapps_cursor_release(tapps_cursor* cursor);

/* ---- Statistics ------------------------------------------------------------ */

/* A snapshot of everything counted by this process since the cache was opened, as a JSON object in
 * *value:
 * {"hits":{"memory","disk","stale","negative"}, "misses", "hit_rate", "writes", "pending":{...},
 * "loads":{"leases","coalesced","lone","takeovers","abandoned","timeouts","typical_us"},
 * "uptime_us", "memory":{...}, "disk":{...}, "damage":{"healed","failed","saved","values"},
 * "latency_us":{op:{"count","p50","p90","p99","p999","max"}}, "fetch":{...}, "docs":{...},
 * "breakers":[...]}. Members may be added. hit_rate is hits / (hits + misses), 0..1. damage: how
 * often this process healed the file, could not, entries taken over, and values read whose checksum
 * was wrong, which were misses. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_stats(tapps_cache* cache, tapps_value** value, const void** data,
                                    size_t* size, tapps_error** err);

/* ---- Completion queues ----------------------------------------------------- */

/* Where asynchronous operations report. Any threads; several queues a cache. */
typedef struct tapps_queue tapps_queue;

/* What a record tells. Operations end in exactly one record of their kind, also after cancel. */
enum {
  TAPPS_RECORD_GET = 1,
  TAPPS_RECORD_PUT = 2,
  TAPPS_RECORD_FLUSH = 3,
  TAPPS_RECORD_FETCH = 4,
  TAPPS_RECORD_DOCS = 5,
  TAPPS_RECORD_WARM = 6,
  TAPPS_RECORD_DELETE = 7,
  TAPPS_RECORD_DELETE_ALL = 8, /* number: entries removed */
  TAPPS_RECORD_TOUCH = 9,
  TAPPS_RECORD_SWAP = 10,     /* number: the version, also with EXISTS */
  TAPPS_RECORD_CONTAINS = 11, /* number: the version */
  TAPPS_RECORD_COUNT = 12,    /* number: entries; bytes: theirs */
  TAPPS_RECORD_LOAD = 13,     /* number: the lease, or 0 */
  TAPPS_RECORD_BACKUP = 14,
  TAPPS_RECORD_CHECK = 15,
  TAPPS_RECORD_COMPACT = 16, /* number: bytes freed */
  TAPPS_RECORD_SURVEY = 17,
  TAPPS_RECORD_ACQUIRE = 18, /* number: the permit, with TAPPS_OK */

  /* Events: not the end of anything. Their data is a JSON object. When 4,096 wait in a queue
     further ones are dropped. */
  TAPPS_EVENT_PROGRESS = 64, /* of a warm run: op names it */
  TAPPS_EVENT_BREAKER = 65,  /* a breaker changed its state; subscribe */
  TAPPS_EVENT_STATE = 66,    /* tapps_cache_state changed: {"state","why"}; subscribe */
  /* The file was damaged, and was healed: {"what":"healed","saved" (entries taken over),"copy" (of
     the damaged file)}; or could not be: {"what":"failed","why"}. What an open healed is told to
     each queue when it subscribes. */
  TAPPS_EVENT_DAMAGE = 67,
  /* An eighth of the entries, and 64 at least, were removed from the file for room within a second:
     {"evicted","within_us"}. Told every 10 s at most; subscribe. */
  TAPPS_EVENT_EVICTION = 68
};

/* What a queue hands out. Layout frozen. */
typedef struct tapps_record {
  int64_t op;         /* as the submit returned it; 0 for subscribed events */
  uint64_t user_data; /* as given to the submit */
  int32_t kind;       /* TAPPS_RECORD_* or TAPPS_EVENT_* */
  int32_t code;       /* TAPPS_OK or TAPPS_E_* */
  tapps_value* value; /* to be released by the receiver; or NULL */
  const void* data;   /* the bytes of value */
  size_t size;
  tapps_error* error; /* to be released by the receiver; or NULL */
  int64_t number;     /* what the kind says, else 0 */
  int64_t bytes;      /* likewise */
} tapps_record;

/* Makes a queue. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_open(tapps_cache* cache, tapps_queue** queue, tapps_error** err);

/* A descriptor that poll, epoll, kqueue or libuv can watch: readable if and only if the queue holds
 * records. A drain that leaves records signals anew. Do not read, write or close it. Lifetime: the
 * queue's. -1 for NULL. Threads: any. Since: 0.1. */
TAPPS_API int64_t tapps_queue_fd(const tapps_queue* queue);

/* Takes up to `max` records without waiting; returns their number. Threads: any. Since: 0.1. */
TAPPS_API size_t tapps_queue_drain(tapps_queue* queue, tapps_record* records, size_t max);

/* As drain, but waits up to timeout_us (0: not at all; -2: for ever) for the first record; *count
 * receives the number. Returns TIMEOUT when none came, CLOSED when the queue was closed and is
 * empty. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_wait(tapps_queue* queue, int64_t timeout_us, tapps_record* records,
                                   size_t max, size_t* count, tapps_error** err);

/* Ends an operation early: its record, with CANCELLED, is in the queue when this returns unless it
 * was there before. What has begun may still take effect (a put may be stored). Unknown or ended
 * operations: no effect. Threads: any. Since: 0.1. */
TAPPS_API void tapps_queue_cancel(tapps_queue* queue, int64_t op);

/* Calls notify(context) whenever the queue goes from empty to not empty: on a thread of the
 * library, or on the one whose submit, cancel or breaker call ended or told something at once. It
 * must not block nor call tapps. When the function returns, the previous callback will not run
 * again. NULL: none. Threads: any but from within notify. Since: 0.1. */
TAPPS_API void tapps_queue_notify(tapps_queue* queue, void (*notify)(void* context), void* context);

/* Which events of the cache the queue gets: any of TAPPS_EVENT_BREAKER, STATE, DAMAGE and EVICTION,
 * 0 for none. kinds: bits 1 << (TAPPS_EVENT_* - 64). Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_subscribe(tapps_queue* queue, uint32_t kinds, tapps_error** err);

/* Cancels what is under way, drops what is waiting (leases of loads are abandoned), and gives the
 * queue back. Threads that are inside tapps_queue_wait return CLOSED. Threads: any. Since: 0.1. */
TAPPS_API void tapps_queue_release(tapps_queue* queue);

/* Submits a get: the record carries the value. *op (may be NULL, as in all submits) receives the
 * number of the operation, above 0. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_get(tapps_queue* queue, const char* space, const void* key,
                                  size_t key_size, const tapps_get_options* options,
                                  uint64_t user_data, int64_t* op, tapps_error** err);

/* Submits a put: the record comes when its durability is reached (async: when it is queued).
 * Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_put(tapps_queue* queue, const char* space, const void* key,
                                  size_t key_size, const void* data, size_t size,
                                  const tapps_put_options* options, uint64_t user_data, int64_t* op,
                                  tapps_error** err);

/* Submits a flush. timeout_us as in tapps_cache_flush. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_flush(tapps_queue* queue, int64_t timeout_us, uint64_t user_data,
                                    int64_t* op, tapps_error** err);

/* Submits `count` gets, 1 to 65,536, of which only key and key_size are read. Each ends in a
 * TAPPS_RECORD_GET of its own; their operations are numbered from *op on, in the order of the
 * items. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_get_many(tapps_queue* queue, const char* space,
                                       const tapps_get_item* items, size_t count,
                                       const tapps_get_options* options, uint64_t user_data,
                                       int64_t* op, tapps_error** err);

/* Submits tapps_cache_put_many; one TAPPS_RECORD_PUT for all. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_put_many(tapps_queue* queue, const char* space,
                                       const tapps_put_item* items, size_t count,
                                       const tapps_put_options* options, uint64_t user_data,
                                       int64_t* op, tapps_error** err);

/* Submits tapps_cache_swap. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_swap(tapps_queue* queue, const char* space, const void* key,
                                   size_t key_size, int64_t expected, const void* data, size_t size,
                                   const tapps_put_options* options, uint64_t user_data,
                                   int64_t* op, tapps_error** err);

/* Submits tapps_cache_delete. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_delete(tapps_queue* queue, const char* space, const void* key,
                                     size_t key_size, int32_t durability, uint64_t user_data,
                                     int64_t* op, tapps_error** err);

/* Submits tapps_cache_delete_all. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_delete_all(tapps_queue* queue, const tapps_filter* filter,
                                         uint64_t user_data, int64_t* op, tapps_error** err);

/* Submits tapps_cache_touch. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_touch(tapps_queue* queue, const char* space, const void* key,
                                    size_t key_size, int64_t ttl_us, uint64_t user_data,
                                    int64_t* op, tapps_error** err);

/* Submits tapps_cache_contains: the record's code is the answer. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_contains(tapps_queue* queue, const char* space, const void* key,
                                       size_t key_size, uint64_t user_data, int64_t* op,
                                       tapps_error** err);

/* Submits tapps_cache_count. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_count(tapps_queue* queue, const tapps_filter* filter,
                                    uint64_t user_data, int64_t* op, tapps_error** err);

/* Submits tapps_cache_load: the record carries the value, the lease (number), or both. A lease is
 * ended by tapps_cache_load_finish or tapps_cache_load_abandon. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_load(tapps_queue* queue, const char* space, const void* key,
                                   size_t key_size, const tapps_load_options* options,
                                   uint64_t user_data, int64_t* op, tapps_error** err);

/* Submits tapps_cache_backup. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_backup(tapps_queue* queue, const char* path, uint64_t user_data,
                                     int64_t* op, tapps_error** err);

/* Submits tapps_cache_check: the record carries the object. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_check(tapps_queue* queue, uint32_t flags, uint64_t user_data,
                                    int64_t* op, tapps_error** err);

/* Submits tapps_cache_compact. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_compact(tapps_queue* queue, int64_t timeout_us, uint64_t user_data,
                                      int64_t* op, tapps_error** err);

/* Submits tapps_cache_survey: the record carries the object. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_survey(tapps_queue* queue, uint64_t user_data, int64_t* op,
                                     tapps_error** err);

/* ---- Fetch ----------------------------------------------------------------- */

/* How the cache is used by a fetch. */
enum {
  TAPPS_FETCH_DEFAULT = 0,        /* RFC 9111: fresh from the cache, else revalidated or fetched */
  TAPPS_FETCH_RELOAD = 1,         /* always asks the origin; stores the answer */
  TAPPS_FETCH_NO_STORE = 2,       /* neither reads nor writes the cache */
  TAPPS_FETCH_FORCE_CACHE = 3,    /* whatever is stored, however old; else the network */
  TAPPS_FETCH_ONLY_IF_CACHED = 4, /* whatever is stored, however old; else NOT_FOUND */
  TAPPS_FETCH_NO_CACHE = 5        /* revalidates what is stored before using it */
};

/* Bits of tapps_fetch_options.flags. */
enum {
  TAPPS_FETCH_DENY_PRIVATE = 1, /* private, local addresses: DENIED; by a proxy: INVALID */
  TAPPS_FETCH_IN_ORDER = 2      /* of many: the records come in the order of the URLs */
};

typedef struct tapps_fetch_options {
  uint32_t struct_size;
  uint32_t flags; /* TAPPS_FETCH_DENY_PRIVATE, TAPPS_FETCH_IN_ORDER */
  int32_t policy; /* TAPPS_FETCH_* */
  int32_t padding;
  const char* method;  /* = "GET" */
  const char* headers; /* "Name: value" lines, each ended by \n; or NULL */
  const void* body;    /* or NULL */
  size_t body_size;
  int64_t timeout_us;         /* of the whole call; = 30 s */
  int64_t connect_timeout_us; /* = 10 s */
  int64_t max_body_bytes;     /* after decoding; = 64 MiB */
  int64_t max_redirects;      /* = 10; -1: none are followed, the 3xx answer is returned */
  int64_t ttl_us;             /* lifetime given to the answer in place of its own; = its own */
  int64_t retries;       /* of an idempotent request that failed in a way that may pass, within the
                            timeout and the origin's budget (tapps_breaker_retry), 1..10; = none */
  int64_t first_byte_us; /* from the start to the first byte of the answer; = no bound */
  int64_t low_speed_us;  /* fails when slower than low_speed_bytes for so long, in whole
                            seconds; = no bound */
  int64_t low_speed_bytes;  /* per second; = 1 */
  int64_t max_header_bytes; /* of all header fields, interim answers' too, 256 B..16 MiB; libcurl
                               has bounds of its own; = 256 KiB */
} tapps_fetch_options;

/* Gets a URL (http or https) from the cache or its origin, by RFC 9111 as a private cache. Any
 * status the origin answers is a success of the call: see tapps_info.http_status. When the origin
 * fails, a stored answer inside its stale-if-error window is returned with TAPPS_VALUE_STALE and a
 * warning. An origin that answered 429, or that sent Retry-After or RateLimit fields, is not asked
 * again before it said so: QUOTA, with tapps_error_retry_after_us. Returns INVALID, NETWORK,
 * TIMEOUT, OPEN_CIRCUIT, QUOTA, OFFLINE, NOT_FOUND (only-if-cached), TOO_LARGE, PROTOCOL, BUSY,
 * UNSUPPORTED (no libcurl). Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_fetch(tapps_cache* cache, const char* url,
                                    const tapps_fetch_options* options, tapps_value** value,
                                    const void** data, size_t* size, tapps_error** err);

/* Submits a fetch. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_fetch(tapps_queue* queue, const char* url,
                                    const tapps_fetch_options* options, uint64_t user_data,
                                    int64_t* op, tapps_error** err);

/* Submits many fetches with the same options: `urls`, one a line, at most 10,000. One record comes
 * for each, its user_data being `user_data` plus the line's number from 0; as results come, or with
 * TAPPS_FETCH_IN_ORDER in the order of the lines. At most `parallel` are under way at a time (0:
 * 8). *ops (may be NULL) receives a number for each line, for tapps_queue_cancel; *count (may be
 * NULL) how many lines there are; capacity: room in ops, INVALID when it is too small. When a URL
 * or the options are refused, nothing is submitted. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_fetch_many(tapps_queue* queue, const char* urls,
                                         const tapps_fetch_options* options, int64_t parallel,
                                         uint64_t user_data, int64_t* ops, size_t capacity,
                                         size_t* count, tapps_error** err);

/* Switches the network off (1) or on (0) for all fetches of the cache in this process, those of
 * other handles too. Off, what is stored is served, stale too where its origin does not forbid
 * that; else OFFLINE. What is under way goes on. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_cache_set_offline(tapps_cache* cache, int32_t offline, tapps_error** err);

/* ---- Documentation --------------------------------------------------------- */

/* Bits of tapps_docs_options.flags. */
enum {
  TAPPS_DOCS_REFRESH = 1, /* looks at the sources even when the cache has an answer */
  TAPPS_DOCS_OFFLINE = 2  /* leaves out sources on the network */
};

typedef struct tapps_docs_options {
  uint32_t struct_size;
  uint32_t flags;           /* TAPPS_DOCS_* */
  const char* topic;        /* picks sections by their headings and text; = the overview */
  const char* version;      /* exact; = locked in the project, installed there, newest known */
  const char* ecosystem;    /* "npm", "pypi"; = the first that knows the library */
  const char* project_root; /* where to look first; = none */
  const char* paths;        /* further node_modules and site-packages folders, one a line; = none */
  const char*
      url_template;   /* network source: {ecosystem}, {library}, {version} are filled in; = none */
  int64_t timeout_us; /* = 10 s */
  int64_t max_tokens; /* bound of the answer; = 8,000; -2: whole document */
} tapps_docs_options;

/* Answers what the documentation of a library says, from the cache, from the package installed on
 * this machine, from the URL template, or from a stale copy, in this order. See TAPPS_TEXT_* for
 * library, version, source and warning. Returns NOT_FOUND (the message lists near names as
 * suggestions; they are never answered in place of the library), and the codes of a fetch. What a
 * template with credentials in it answers stays in memory. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_docs_lookup(tapps_cache* cache, const char* library,
                                    const tapps_docs_options* options, tapps_value** value,
                                    const void** data, size_t* size, tapps_error** err);

/* Submits a lookup. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_docs(tapps_queue* queue, const char* library,
                                   const tapps_docs_options* options, uint64_t user_data,
                                   int64_t* op, tapps_error** err);

/* ---- Warming --------------------------------------------------------------- */

/* What would be looked up for a project. Immutable; any threads. */
typedef struct tapps_plan tapps_plan;

typedef struct tapps_warm_options {
  uint32_t struct_size;
  uint32_t flags;           /* TAPPS_DOCS_* */
  const char* paths;        /* as in tapps_docs_options */
  const char* url_template; /* as in tapps_docs_options */
  int64_t concurrency;      /* lookups at once, 1..16; = 3 */
  int64_t timeout_us;       /* of each library; = 10 s */
  int64_t max_requests;     /* network requests allowed in the run; = unlimited */
} tapps_warm_options;

/* Reads the manifests below `root` and plans a lookup for every library found. A manifest that
 * cannot be read becomes a diagnostic of the plan, not a failure. Returns INVALID (not a folder),
 * DENIED, IO. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_plan_open(tapps_cache* cache, const char* root,
                                  const tapps_warm_options* options, tapps_plan** plan,
                                  tapps_error** err);

/* The number of libraries in the plan. Threads: any. Since: 0.1. */
TAPPS_API size_t tapps_plan_count(const tapps_plan* plan);

/* The plan as JSON: {"root",
 * "items":[{"library","ecosystem","version","constraint","kind","direct","priority","manifest",
 * "line","fresh","requests"}], "requests", "diagnostics":[{"file","line","message"}]}.
 * Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_plan_describe(tapps_plan* plan, tapps_value** value, const void** data,
                                      size_t* size, tapps_error** err);

/* Submits the run of a plan: TAPPS_EVENT_PROGRESS events
 * {"total","done","current","code","bytes","eta_us"}, then a record whose data is
 * {"total","fetched","skipped","failed","bytes","duration_us",
 * "failures":[{"library","code","message"}]}.
 * What is fresh is skipped: a run that was cut short goes on where it stopped. The record's code is
 * TAPPS_OK also when libraries failed, CANCELLED after tapps_queue_cancel. Threads: any. Since:
 * 0.1. */
TAPPS_API int32_t tapps_queue_warm(tapps_queue* queue, tapps_plan* plan, uint64_t user_data,
                                   int64_t* op, tapps_error** err);

/* Gives a plan back. Threads: any. Since: 0.1. */
TAPPS_API void tapps_plan_release(tapps_plan* plan);

/* ---- Breaker --------------------------------------------------------------- */

/* A circuit breaker with bounded concurrency, for the host's own calls. Any threads.
 *
 *     int64_t permit = 0;
 *     if (tapps_breaker_acquire(breaker, &permit, NULL) == TAPPS_OK) {
 *       int32_t outcome = call() ? TAPPS_OUTCOME_SUCCESS : TAPPS_OUTCOME_FAILURE;
 *       tapps_breaker_report(breaker, permit, outcome);
 *     }
 *
 * What one process learns, others are told through the cache file: that a breaker opened because
 * of TAPPS_OUTCOME_FAILURE makes the next call elsewhere a probe, of which there is one at a time
 * among all processes; nobody is refused for what another process believes. Quotas hold for all.
 */
typedef struct tapps_breaker tapps_breaker;

enum { TAPPS_BREAKER_CLOSED = 0, TAPPS_BREAKER_OPEN = 1, TAPPS_BREAKER_HALF_OPEN = 2 };

/* How a call went. Refusals of the caller's own credentials (401, 402, 403) are successes: the
 * service is well. 429 is IGNORED, with a tapps_breaker_limit. */
enum {
  TAPPS_OUTCOME_SUCCESS = 0,
  TAPPS_OUTCOME_FAILURE = 1,      /* the service's doing: an error of its own, a time-out */
  TAPPS_OUTCOME_IGNORED = 2,      /* says nothing about the service: cancelled, refused here */
  TAPPS_OUTCOME_LOCAL_FAILURE = 3 /* a failure whose reason may lie with this process alone: names,
                                     proxy, TLS set-up, sandbox; others are not told */
};

enum { TAPPS_BREAKER_AUTO = 0, TAPPS_BREAKER_FORCE_OPEN = 1, TAPPS_BREAKER_FORCE_CLOSED = 2 };

typedef struct tapps_breaker_options {
  uint32_t struct_size;
  uint32_t padding;
  int64_t failures;        /* consecutive failures that open it; = 5 */
  int64_t successes;       /* of probes that close it again; = 2 */
  int64_t open_us;         /* first time it stays open; = 30 s */
  int64_t max_open_us;     /* doubling ends here; = 5 min */
  int64_t max_concurrency; /* permits out at once, 1..4,096; = 5; -2: no limit */
  int64_t probes;          /* permits out at once while half open; = 1 */
  int64_t lease_us;        /* a permit that does not report by then is taken back; = 60 s */
  int64_t max_waiting;     /* callers that wait for a permit, 1..65,536; = 100 */
  int64_t failure_rate;    /* percent of the window's calls that failed, which open it, 1..100;
                              = -1: not watched */
  int64_t slow_rate;       /* percent of the window's calls that were slow, which open it, 1..100;
                              = -1: not watched. While watched, a slow probe fails */
  int64_t slow_us;         /* a call that takes as long is slow, give or take 10 ms; = 5 s */
  int64_t window_calls;    /* the window is as many latest calls, 1..4,096; = 100 */
  int64_t window_us;       /* the window is so much time instead, from 1 ms; = -1: by calls */
  int64_t min_calls;       /* calls in the window below which rates say nothing; = 10 */
  int64_t retries;         /* of one call (tapps_breaker_retry), 1..10; = 2; -1: none */
  int64_t retry_us;        /* longest delay before the first retry; doubles with each; = 100 ms */
  int64_t max_retry_us;    /* doubling ends here; = 10 s */
  int64_t retry_reserve; /* retries of all calls together before any call has earned one, 1..1,000;
                            unused ones add up to twice as many; = 5; -1: none */
  int64_t retry_percent; /* retries that a hundred calls earn, those among them that are retries
                            too, 1..100; = 10; -1: none */
} tapps_breaker_options;

/* How a breaker stands. Layout frozen; reserved is zero. */
typedef struct tapps_breaker_info {
  int32_t state;  /* TAPPS_BREAKER_CLOSED, OPEN, HALF_OPEN */
  int32_t forced; /* TAPPS_BREAKER_AUTO, FORCE_OPEN, FORCE_CLOSED */
  int64_t failures_in_row;
  int64_t in_flight;
  int64_t retry_after_us; /* 0 unless open */
  int64_t successes;      /* totals since it was made */
  int64_t failures;
  int64_t ignored;
  int64_t rejected;
  int64_t transitions;
  int64_t waiting;         /* callers in line */
  int64_t quota_us;        /* the longest wait the service asked any caller for; 0: none */
  int64_t window_calls;    /* in the window now; 0 unless rates are watched */
  int64_t window_failures; /* of these */
  int64_t window_slow;     /* of these */
  int64_t reserved;
} tapps_breaker_info;

/* The breaker called `name` of this cache, 1..255 bytes, made when it is not there. With options
 * that differ from those of one that is there: EXISTS; NULL takes it as it is. Fetches use the
 * breaker named as the origin, "https://example.org:443". Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_breaker_open(tapps_cache* cache, const char* name,
                                     const tapps_breaker_options* options, tapps_breaker** breaker,
                                     tapps_error** err);

/* Asks to make a call. Returns OPEN_CIRCUIT, QUOTA (see tapps_error_retry_after_us) or BUSY without
 * a wait; else *permit is above 0 and is reported exactly once. The first call after an outage may
 * wait up to 50 ms for the right to probe. With err NULL a refusal allocates nothing. Threads: any.
 * Since: 0.1. */
TAPPS_API int32_t tapps_breaker_acquire(tapps_breaker* breaker, int64_t* permit, tapps_error** err);

/* As acquire, but waits up to wait_us (above 0) for a place where that returns BUSY, in the order
 * of asking. Returns TIMEOUT when the wait is over, BUSY when max_waiting callers wait already, and
 * OPEN_CIRCUIT or QUOTA as soon as the breaker opens or the service asks to wait. Threads: any.
 * Since: 0.1. */
TAPPS_API int32_t tapps_breaker_wait(tapps_breaker* breaker, int64_t wait_us, int64_t* permit,
                                     tapps_error** err);

/* Submits such a wait: the record carries the permit as its number. wait_us 0: not at all. A permit
 * whose record is never taken is taken back at its deadline. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_queue_acquire(tapps_queue* queue, tapps_breaker* breaker, int64_t wait_us,
                                      uint64_t user_data, int64_t* op, tapps_error** err);

/* Reports how the call went: TAPPS_OUTCOME_*. A permit reported before, or taken back: no effect.
 * Threads: any. Since: 0.1. */
TAPPS_API void tapps_breaker_report(tapps_breaker* breaker, int64_t permit, int32_t outcome);

/* Asks whether a call that failed may be made once more. Only for calls that may be repeated
 * (idempotent, RFC 9110 9.2.2). `attempt`: how often it was made, from 1. `status`: what HTTP
 * answered, 0 when there was no answer; of the answers 408, 429, 500, 502, 503 and 504 are worth
 * another try. retry_after_us: what the service asked for, or 0; believed up to an hour. On
 * TAPPS_OK the caller waits *delay_us, drawn between 0 and a bound that doubles with each attempt
 * (never less than what was asked for), and acquires anew. Returns UNSUPPORTED (the status is not
 * worth it), FULL (as often as it may be, or the budget is used up: retry_reserve and
 * retry_percent), OPEN_CIRCUIT (with retry_after_us). Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_breaker_retry(tapps_breaker* breaker, int64_t attempt, int32_t status,
                                      int64_t retry_after_us, int64_t* delay_us, tapps_error** err);

/* Tells what the service said: it takes no more than `calls` further calls within the next
 * within_us; 0 calls for "not before". Then calls fail with QUOTA and the time to wait, in every
 * process of the user. Believed for an hour at most; TAPPS_BREAKER_AUTO forgets it here. Threads:
 * any. Since: 0.1. */
TAPPS_API int32_t tapps_breaker_limit(tapps_breaker* breaker, int64_t calls, int64_t within_us,
                                      tapps_error** err);

/* Fills *info. Threads: any. Since: 0.1. */
TAPPS_API void tapps_breaker_read(tapps_breaker* breaker, tapps_breaker_info* info);

/* TAPPS_BREAKER_FORCE_OPEN or FORCE_CLOSED holds it there; AUTO ends that, closes it and forgets
 * what it has counted. Threads: any. Since: 0.1. */
TAPPS_API int32_t tapps_breaker_force(tapps_breaker* breaker, int32_t mode, tapps_error** err);

/* Gives the breaker back; it goes on for others. Threads: any. Since: 0.1. */
TAPPS_API void tapps_breaker_release(tapps_breaker* breaker);

/* ffi: end */

#ifdef __cplusplus
}
#endif

#endif /* TAPPS_H */
