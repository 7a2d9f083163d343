"""Finds libtapps, checks it, and binds its functions."""

from __future__ import annotations

import ctypes
import os
import pathlib
import subprocess
import sys
import threading
from typing import Iterator

from . import _declarations as d
from .errors import LoadError

SONAME = f"libtapps.{d.ABI}.dylib" if sys.platform == "darwin" else f"libtapps.so.{d.ABI}"

_lock = threading.Lock()
_bound: d.Functions | None = None
_explicit: str | None = None


def use_library(path: str | os.PathLike[str]) -> None:
    """Names the library file to load, before anything else is called."""
    global _explicit
    with _lock:
        if _bound is not None:
            raise LoadError("tapps: the library is loaded already; call use_library() first")
        _explicit = os.fspath(path)


def functions() -> d.Functions:
    """The functions of the library, which is loaded by the first call."""
    global _bound
    if _bound is None:
        with _lock:
            if _bound is None:
                _bound = _load()
    return _bound


def _places() -> Iterator[tuple[str, str]]:
    """(where from, file) in the order in which they are tried; one that the user has named is the
    only one."""
    if _explicit is not None:
        yield "use_library()", _explicit
        return
    named = os.environ.get("TAPPS_LIBRARY")
    if named:
        yield "TAPPS_LIBRARY", named
        return
    here = pathlib.Path(__file__).resolve().parent
    yield "beside the package", str(here / SONAME)
    yield "the system's search path", SONAME
    found = _pkg_config()
    yield "pkg-config", found


def _pkg_config() -> str:
    """The file that pkg-config names, or a sentence on why there is none."""
    try:
        done = subprocess.run(
            ["pkg-config", "--variable=libdir", "tapps"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return os.path.join(done.stdout.strip(), SONAME) if done.returncode == 0 else ""


def _load() -> d.Functions:
    tries = []
    for origin, file in _places():
        if not file:
            tries.append(f"{origin}: it does not know tapps")
            continue
        if os.sep in file and not os.path.exists(file):
            tries.append(f"{origin}: {file}: not there")
            continue
        try:
            return _bind(file)
        except (OSError, LoadError) as error:
            text = str(error)
            tries.append(f"{origin}: {text if file in text else f'{file}: {text}'}")
    lines = "\n".join(f"  {line}" for line in tries)
    raise LoadError(
        f"tapps: {SONAME} cannot be loaded. Tried:\n{lines}\n"
        "Install libtapps, or name its file in TAPPS_LIBRARY."
    )


def _bind(file: str) -> d.Functions:
    library = ctypes.CDLL(file)
    try:
        abi = library.tapps_abi()
    except AttributeError:
        raise LoadError(f"{file}: not a libtapps") from None
    if abi != d.ABI:
        raise LoadError(f"{file}: it has ABI {abi}, this package needs ABI {d.ABI}")
    bound = d.Functions()
    for name, (result, parameters) in d.SIGNATURES.items():
        try:
            function = library[name]
        except AttributeError:
            library.tapps_version.restype = ctypes.c_char_p
            raise LoadError(
                f"{file}: version {library.tapps_version().decode()} is too old, it lacks {name};"
                f" this package needs {d.VERSION}"
            ) from None
        function.restype, function.argtypes = result, parameters
        setattr(bound, name, function)
    return bound
