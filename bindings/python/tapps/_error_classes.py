"""A class for each code of tapps.h. Generated from include/tapps.h by tools/generate_bindings.py; do not edit."""

from ._error import Error

__all__ = [
    "BusyError",
    "CancelledError",
    "ClosedError",
    "CorruptError",
    "DeadlineError",
    "DeniedError",
    "ExistsError",
    "ForkedError",
    "FullError",
    "InternalError",
    "InvalidError",
    "IoError",
    "NetworkError",
    "NoMemoryError",
    "NotFoundError",
    "OfflineError",
    "OpenCircuitError",
    "OutcomeUnknownError",
    "ProtocolError",
    "QuotaError",
    "ReadOnlyError",
    "TooLargeError",
    "UnsupportedError",
    "VersionError",
    "WouldBlockError",
]


class NotFoundError(Error, KeyError):
    """Nothing there (or remembered as not there)."""

    _name = "NOT_FOUND"


class ExistsError(Error):
    """Already there, or open with other options."""

    _name = "EXISTS"


class InvalidError(Error, ValueError):
    """An argument breaks its contract; the message says which."""

    _name = "INVALID"


class UnsupportedError(Error):
    """This release, file system or build cannot do it."""

    _name = "UNSUPPORTED"


class ClosedError(Error):
    """The object was closed."""

    _name = "CLOSED"


class ForkedError(Error):
    """Used in a child process after fork."""

    _name = "FORKED"


class VersionError(Error):
    """File or header of another, incompatible major version."""

    _name = "VERSION"


class BusyError(Error):
    """A bounded queue or a concurrency limit is full."""

    _name = "BUSY"


class WouldBlockError(Error):
    """The answer is not in memory and the call may not touch the disk."""

    _name = "WOULD_BLOCK"


class DeadlineError(Error, TimeoutError):
    """The deadline passed; nothing was changed in the file."""

    _name = "TIMEOUT"


class CancelledError(Error):
    """Cancelled by the host."""

    _name = "CANCELLED"


class OutcomeUnknownError(Error):
    """Too late in the commit, or a full put not synced."""

    _name = "OUTCOME_UNKNOWN"


class IoError(Error):
    _name = "IO"


class FullError(Error):
    """The disk, or a limit of the cache, is full."""

    _name = "FULL"


class NoMemoryError(Error, MemoryError):
    _name = "NOMEM"


class CorruptError(Error):
    """Not a cache file, or damaged."""

    _name = "CORRUPT"


class ReadOnlyError(Error):
    """The file or folder may not be written."""

    _name = "READ_ONLY"


class DeniedError(Error):
    """No permission, or a file or folder of another owner."""

    _name = "DENIED"


class NetworkError(Error, ConnectionError):
    """Could not connect, or the transfer failed."""

    _name = "NETWORK"


class OpenCircuitError(Error):
    """Failing fast: the breaker is open."""

    _name = "OPEN_CIRCUIT"


class QuotaError(Error):
    """Failing fast: the origin asked to wait."""

    _name = "QUOTA"


class OfflineError(Error):
    """The network is switched off by policy."""

    _name = "OFFLINE"


class TooLargeError(Error):
    """A body, header or value above its limit."""

    _name = "TOO_LARGE"


class ProtocolError(Error):
    """The peer's answer is not what it should be."""

    _name = "PROTOCOL"


class InternalError(Error):
    """A defect of tapps: please report it."""

    _name = "INTERNAL"
