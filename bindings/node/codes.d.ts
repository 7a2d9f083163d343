// Generated from include/tapps.h by tools/generate_bindings.py; do not edit.

/** Why a call failed: TAPPS_ and a name of tapps.h. */
export type ErrorCode =
  /** nothing there (or remembered as not there) */
  | 'TAPPS_NOT_FOUND'
  /** already there, or open with other options */
  | 'TAPPS_EXISTS'
  /** an argument breaks its contract; the message says which */
  | 'TAPPS_INVALID'
  /** this release, file system or build cannot do it */
  | 'TAPPS_UNSUPPORTED'
  /** the object was closed */
  | 'TAPPS_CLOSED'
  /** used in a child process after fork */
  | 'TAPPS_FORKED'
  /** file or header of another, incompatible major version */
  | 'TAPPS_VERSION'
  /** a bounded queue or a concurrency limit is full */
  | 'TAPPS_BUSY'
  /** the answer is not in memory and the call may not touch the disk */
  | 'TAPPS_WOULD_BLOCK'
  /** the deadline passed; nothing was changed in the file */
  | 'TAPPS_TIMEOUT'
  /** cancelled by the host */
  | 'TAPPS_CANCELLED'
  /** too late in the commit, or a full put not synced */
  | 'TAPPS_OUTCOME_UNKNOWN'
  | 'TAPPS_IO'
  /** the disk, or a limit of the cache, is full */
  | 'TAPPS_FULL'
  | 'TAPPS_NOMEM'
  /** not a cache file, or damaged */
  | 'TAPPS_CORRUPT'
  /** the file or folder may not be written */
  | 'TAPPS_READ_ONLY'
  /** no permission, or a file or folder of another owner */
  | 'TAPPS_DENIED'
  /** could not connect, or the transfer failed */
  | 'TAPPS_NETWORK'
  /** failing fast: the breaker is open */
  | 'TAPPS_OPEN_CIRCUIT'
  /** failing fast: the origin asked to wait */
  | 'TAPPS_QUOTA'
  /** the network is switched off by policy */
  | 'TAPPS_OFFLINE'
  /** a body, header or value above its limit */
  | 'TAPPS_TOO_LARGE'
  /** the peer's answer is not what it should be */
  | 'TAPPS_PROTOCOL'
  /** a defect of tapps: please report it */
  | 'TAPPS_INTERNAL';
