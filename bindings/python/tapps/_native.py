"""What the classes share: errors, options, values, conversions."""

from __future__ import annotations

import builtins
import ctypes
import datetime
import json as _json
import math
import numbers
import os
import weakref
from typing import Any, NoReturn, Union

from . import _declarations as d
from . import errors
from ._loader import functions

Bytes = Union[str, bytes, bytearray, memoryview]
Duration = Union[float, datetime.timedelta]

LONGEST_US = 2**61 - 1  # of the library; what is longer is as good as for ever
_VALUE_AT = ctypes.sizeof(ctypes.c_void_p)


def bytes_of(value: Bytes, what: str = "value") -> bytes:
    """Text as UTF-8, bytes as they are."""
    if type(value) is bytes:
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"{what}: expected str or bytes, not {type(value).__name__}")


def text_of(value: str | None, what: str) -> bytes | None:
    """A text for the library, which takes it up to the first NUL."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{what}: expected str, not {type(value).__name__}")
    if "\0" in value:
        raise errors.InvalidError(d.E_INVALID, f"{what}: contains a NUL")
    return value.encode()


def path_of(value: str | os.PathLike[str] | None, what: str) -> bytes | None:
    """A path, as text or as an object that stands for one."""
    return text_of(os.fspath(value) if isinstance(value, os.PathLike) else value, what)


def paths_of(values: Any, what: str) -> bytes | None:
    """Several paths, one a line."""
    if isinstance(values, (str, bytes, os.PathLike)):
        raise TypeError(f"{what}: expected several paths, not one")
    return lines_of([os.fspath(value) for value in values], what)


def lines_of(values: Any, what: str) -> bytes | None:
    """Several texts, one a line."""
    if isinstance(values, str):
        raise TypeError(f"{what}: expected several texts, not one")
    texts = list(values or ())
    for one in texts:
        if not isinstance(one, str):
            raise TypeError(f"{what}: expected texts, not {type(one).__name__}")
    return text_of("\n".join(texts), what) if texts else None


def micros(value: Duration | None, what: str, *, infinite: int = d.UNLIMITED, zero: int = 0) -> int:
    """Seconds or a timedelta as microseconds; None is the default, 0. `infinite` stands for
    math.inf and timedelta.max; `zero` for a duration of 0, which is refused when that is 0."""
    if value is None:
        return 0
    seconds = value.total_seconds() if isinstance(value, datetime.timedelta) else value
    if not isinstance(seconds, numbers.Real):
        kind = type(value).__name__
        raise TypeError(f"{what}: expected seconds or a timedelta, not {kind}")
    if seconds == math.inf:
        return infinite
    if seconds == 0 and zero:
        return zero
    if not seconds > 0:
        raise errors.InvalidError(d.E_INVALID, f"{what}: expected a time above 0, not {value!r}")
    us = seconds * 1e6
    return infinite if us > LONGEST_US else max(1, round(us))


def count(value: float | None, what: str) -> int:
    """A limit; None is the default, math.inf none at all."""
    if value is None:
        return 0
    if not isinstance(value, numbers.Real):
        raise TypeError(f"{what}: expected a number, not {type(value).__name__}")
    if value == math.inf:
        return d.UNLIMITED
    if value != value or value != int(value) or not 1 <= value < 2**63:
        raise errors.InvalidError(d.E_INVALID, f"{what}: expected a number above 0, not {value!r}")
    return int(value)


def options(kind: Any, **fields: Any) -> Any:
    """An options struct, its struct_size filled in."""
    return kind(struct_size=ctypes.sizeof(kind), **fields)


def fail(code: int, error: int | None = None) -> NoReturn:
    """Raises what a call returned. Takes over `error`, a tapps_error* or None."""
    raise failure(code, error)


def failure(code: int, error: int | None = None) -> errors.Error:
    kind = errors.of_code(code)
    if not error:
        return kind(code)
    lib = functions()
    try:
        return kind(
            code,
            lib.tapps_error_message(error).decode(),
            sqlite_code=lib.tapps_error_sqlite(error),
            errno=lib.tapps_error_errno(error),
            http_status=lib.tapps_error_http_status(error),
            retry_after=lib.tapps_error_retry_after_us(error) / 1e6,
        )
    finally:
        lib.tapps_error_release(error)


def call(function: Any, *arguments: Any) -> None:
    """Calls a function whose last parameter is `err`; raises what it fails with."""
    err = ctypes.c_void_p()
    code = function(*arguments, ctypes.byref(err))
    if code:
        fail(code, err.value)


class Outputs:
    """Room for what a lookup returns: value, data, size."""

    __slots__ = ("value", "data", "size", "refs")

    def __init__(self) -> None:
        self.value = ctypes.c_void_p()
        self.data = ctypes.c_void_p()
        self.size = ctypes.c_size_t()
        self.refs = (
            ctypes.byref(self.value),
            ctypes.byref(self.data),
            ctypes.byref(self.size),
        )


def call_value(function: Any, *arguments: Any) -> Value:
    """As call, for functions that also return a value."""
    out = Outputs()
    call(function, *arguments, *out.refs)
    return Value(out.value.value, out.data.value, out.size.value)


class Value:
    """A tapps_value of our own, given back when it is collected."""

    __slots__ = ("_handle", "_data", "_size", "__weakref__")

    def __init__(self, handle: int | None, data: int | None, size: int) -> None:
        self._handle, self._data, self._size = handle, data, size
        if handle:
            weakref.finalize(self, functions().tapps_value_release, handle).atexit = False

    def bytes(self) -> bytes:
        return ctypes.string_at(self._data, self._size) if self._data else b""

    def bytes_or_none(self) -> builtins.bytes | None:
        return self.bytes() if self._handle else None

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = _json.loads(self.bytes())
        return found

    def view(self) -> memoryview:
        """The bytes where they are, read-only; the value lives as long as the view."""
        lib = functions()
        array = (ctypes.c_char * self._size).from_address(self._data or 0)
        if self._handle:
            lib.tapps_value_retain(self._handle)
            weakref.finalize(array, lib.tapps_value_release, self._handle).atexit = False
        return memoryview(array).cast("B").toreadonly()

    def info(self) -> d.Info:
        info = d.Info()
        functions().tapps_value_info(self._handle, ctypes.byref(info))
        return info

    def text(self, which: int) -> str | None:
        found = functions().tapps_value_text(self._handle, which, None)
        return None if found is None else found.decode(errors="replace")
