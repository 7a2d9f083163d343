"""What every failure of the library is."""

from __future__ import annotations

from typing import ClassVar

from . import _declarations as d

_classes: dict[str, type[Error]] = {}


class Error(Exception):
    """A call of the library failed. `code` is the number in tapps.h and `name` its name, such as
    "NOT_FOUND"; str() is one line on what failed and why."""

    _name: ClassVar[str] = ""

    def __init__(
        self,
        code: int,
        message: str = "",
        *,
        sqlite_code: int = 0,
        errno: int = 0,
        http_status: int = 0,
        retry_after: float = 0.0,
    ) -> None:
        name, meaning = d.CODES.get(code, ("UNKNOWN", "unknown"))
        super().__init__(message or meaning or name)
        self.code = code
        self.name = name
        self.message = message or meaning or name
        #: SQLite's extended result code, or 0.
        self.sqlite_code = sqlite_code
        #: errno of the system call that failed, or 0.
        self.system_errno = errno
        #: Status of the HTTP answer that made the call fail, or 0.
        self.http_status = http_status
        #: Seconds to wait before trying again; 0 when not known.
        self.retry_after = retry_after
        #: The entry's present version, with ExistsError of a swap; 0: there is none.
        self.version = 0

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls._name:
            _classes[cls._name] = cls

    def __str__(self) -> str:
        return self.message


def of_code(code: int) -> type[Error]:
    """The class for a code; `Error` itself for one this package does not know."""
    return _classes.get(d.CODES.get(code, ("", ""))[0], Error)
