/* tapps - an embedded cache for editors, coding agents and developer tools.
 *
 * One file of the user's, shared by every process; memory hits in nanoseconds, disk hits in
 * microseconds, the network once for everybody. This header is the manual.
 *
 *     tapps_cache *cache = NULL;
 *     tapps_error *err = NULL;
 *     if (tapps_cache_open(NULL, NULL, &cache, &err) != TAPPS_OK) { puts(tapps_error_message(err)); ... }
 *     tapps_cache_put(cache, NULL, "greeting", 8, "hello", 5, NULL, NULL);
 *
 *     tapps_value *value = NULL;
 *     const void *data = NULL;
 *     size_t size = 0;
 *     if (tapps_cache_get(cache, NULL, "greeting", 8, NULL, &value, &data, &size, NULL) == TAPPS_OK)
 *         fwrite(data, 1, size, stdout);
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
 *  3. Bytes going in are a pointer and a length, borrowed for the call; asynchronous calls copy what
 *     they keep. Strings going in are UTF-8 and NUL-terminated; text that is not UTF-8 is INVALID.
 *     Bytes coming out belong to an immutable tapps_value. The caller never calls free().
 *  4. Times are integer microseconds: UTC since 1970 where named *_us of an instant, else durations.
 *     In options 0 means the default, -1 (TAPPS_NONE) none, -2 (TAPPS_UNLIMITED) no limit.
 *  5. Options structs start with struct_size = sizeof(the struct); NULL means all defaults. Fields are
 *     only ever appended. Bytes beyond those the library knows must be zero, else UNSUPPORTED.
 *  6. Objects are released in any order, from any thread; children hold their parents; NULL is
 *     accepted. Release never blocks and does no I/O. After close, calls return CLOSED.
 *  7. tapps_cache, tapps_queue, tapps_value, tapps_breaker and tapps_plan: any threads at once.
 *     tapps_cursor and tapps_error: one thread at a time, any thread.
 *  8. After fork() the child gets FORKED from every call on inherited objects and from opening the same
 *     file, until it calls exec.
 *  9. The library never prints, never aborts, installs no signal or exit handler. Threads start when
 *     first needed (a write, an asynchronous call, a fetch), are named tapps-* and block all signals.
 */
#ifndef TAPPS_H
#define TAPPS_H

#include <stddef.h>
#include <stdint.h>

#define TAPPS_VERSION_MAJOR 0
#define TAPPS_VERSION_MINOR 1
#define TAPPS_VERSION_PATCH 0

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

/* ---- Errors -------------------------------------------------------------------------------------- */

/* Result codes, grouped by what the caller should do. Numbers never change; new ones may be added. */
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
  TAPPS_E_BUSY = -20,            /* a bounded queue or a concurrency limit is full */
  TAPPS_E_WOULD_BLOCK = -21,     /* the answer is not in memory and the call may not touch the disk */
  TAPPS_E_TIMEOUT = -22,         /* the deadline passed; nothing was changed */
  TAPPS_E_CANCELLED = -23,       /* cancelled by the host */
  TAPPS_E_OUTCOME_UNKNOWN = -24, /* the deadline passed while a commit was under way */

  /* The machine: look at the file, the disk, the permissions. */
  TAPPS_E_IO = -30,
  TAPPS_E_FULL = -31,      /* the disk, or a limit of the cache, is full */
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

/* ffi: end */

#ifdef __cplusplus
}
#endif

#endif /* TAPPS_H */
