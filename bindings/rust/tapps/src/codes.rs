// Generated from include/tapps.h by tools/generate_bindings.py; do not edit.

use super::Code;

impl Code {
    /// nothing there (or remembered as not there)
    pub const NOT_FOUND: Code = Code(-1);
    /// already there, or open with other options
    pub const EXISTS: Code = Code(-2);
    /// an argument breaks its contract; the message says which
    pub const INVALID: Code = Code(-10);
    /// this release, file system or build cannot do it
    pub const UNSUPPORTED: Code = Code(-11);
    /// the object was closed
    pub const CLOSED: Code = Code(-12);
    /// used in a child process after fork
    pub const FORKED: Code = Code(-13);
    /// file or header of another, incompatible major version
    pub const VERSION: Code = Code(-14);
    /// a bounded queue or a concurrency limit is full
    pub const BUSY: Code = Code(-20);
    /// the answer is not in memory and the call may not touch the disk
    pub const WOULD_BLOCK: Code = Code(-21);
    /// the deadline passed; nothing was changed in the file
    pub const TIMEOUT: Code = Code(-22);
    /// cancelled by the host
    pub const CANCELLED: Code = Code(-23);
    /// too late in the commit, or a full put not synced
    pub const OUTCOME_UNKNOWN: Code = Code(-24);
    /// TAPPS_E_IO
    pub const IO: Code = Code(-30);
    /// the disk, or a limit of the cache, is full
    pub const FULL: Code = Code(-31);
    /// TAPPS_E_NOMEM
    pub const NOMEM: Code = Code(-32);
    /// not a cache file, or damaged
    pub const CORRUPT: Code = Code(-33);
    /// the file or folder may not be written
    pub const READ_ONLY: Code = Code(-34);
    /// no permission, or a file or folder of another owner
    pub const DENIED: Code = Code(-35);
    /// could not connect, or the transfer failed
    pub const NETWORK: Code = Code(-40);
    /// failing fast: the breaker is open
    pub const OPEN_CIRCUIT: Code = Code(-41);
    /// failing fast: the origin asked to wait
    pub const QUOTA: Code = Code(-42);
    /// the network is switched off by policy
    pub const OFFLINE: Code = Code(-43);
    /// a body, header or value above its limit
    pub const TOO_LARGE: Code = Code(-44);
    /// the peer's answer is not what it should be
    pub const PROTOCOL: Code = Code(-45);
    /// a defect of tapps: please report it
    pub const INTERNAL: Code = Code(-50);
}

pub(super) const NAMES: &[(i32, &str)] = &[
    (-1, "NOT_FOUND"),
    (-2, "EXISTS"),
    (-10, "INVALID"),
    (-11, "UNSUPPORTED"),
    (-12, "CLOSED"),
    (-13, "FORKED"),
    (-14, "VERSION"),
    (-20, "BUSY"),
    (-21, "WOULD_BLOCK"),
    (-22, "TIMEOUT"),
    (-23, "CANCELLED"),
    (-24, "OUTCOME_UNKNOWN"),
    (-30, "IO"),
    (-31, "FULL"),
    (-32, "NOMEM"),
    (-33, "CORRUPT"),
    (-34, "READ_ONLY"),
    (-35, "DENIED"),
    (-40, "NETWORK"),
    (-41, "OPEN_CIRCUIT"),
    (-42, "QUOTA"),
    (-43, "OFFLINE"),
    (-44, "TOO_LARGE"),
    (-45, "PROTOCOL"),
    (-50, "INTERNAL"),
];
