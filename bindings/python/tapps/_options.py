"""Keyword arguments as the options structs of tapps.h."""

from __future__ import annotations

import ctypes
import json as _json
import math
from typing import Any, Callable, Iterable, Mapping

from . import _declarations as d
from . import errors
from ._native import Bytes, Duration, bytes_of, count, lines_of, micros, options, path_of
from ._native import paths_of, text_of
from ._option_types import LoadOptions

DURABILITY = {
    "async": d.DURABILITY_ASYNC,
    "memory": d.DURABILITY_MEMORY,
    "sync": d.DURABILITY_SYNC,
    "full": d.DURABILITY_FULL,
}
MEMORY_POLICY = {"adaptive": d.POLICY_ADAPTIVE, "lru": d.POLICY_LRU}
FETCH_POLICY = {
    "default": d.FETCH_DEFAULT,
    "reload": d.FETCH_RELOAD,
    "no-store": d.FETCH_NO_STORE,
    "force-cache": d.FETCH_FORCE_CACHE,
    "only-if-cached": d.FETCH_ONLY_IF_CACHED,
    "no-cache": d.FETCH_NO_CACHE,
}


def choice(table: Mapping[str, int], what: str, value: str) -> int:
    if not isinstance(value, str) or value not in table:
        known = ", ".join(table)
        raise errors.InvalidError(d.E_INVALID, f"{what}: expected one of {known}, not {value!r}")
    return table[value]


# The converters of single options: (value, name) as the value of the field.
_Convert = Callable[[Any, str], Any]


def _one_of(table: Mapping[str, int]) -> _Convert:
    return lambda value, what: choice(table, what, value)


def _forever(value: Duration, what: str) -> int:
    return micros(value, what, infinite=d.NONE)


def _may_be_zero(value: Duration, what: str) -> int:
    return micros(value, what, zero=d.NONE)


def _count_or_none(value: float, what: str) -> int:
    return d.NONE if value == 0 else count(value, what)


def _zero_or_count(value: float, what: str) -> int:
    return 0 if value == 0 else count(value, what)


def _json_text(value: Any, what: str) -> bytes | None:
    return text_of(value if isinstance(value, str) else _json.dumps(value), what)


def _by_commas(value: Iterable[str], what: str) -> bytes | None:
    return text_of(value if isinstance(value, str) else ",".join(value), what)


def _headers(headers: Any, what: str) -> bytes | None:
    if not headers:
        return None
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    lines = []
    for name, value in pairs:
        if any(c in f"{name}{value}" for c in "\r\n\0"):
            raise errors.InvalidError(d.E_INVALID, f"{what}: {name!r} contains a line break")
        lines.append(f"{name}: {value}\n")
    return "".join(lines).encode()


def _requests(value: float, what: str) -> int:
    return 0 if value == math.inf else count(value, what)


def _field(struct: Any, name: str) -> str:
    """The field of an option: it has its name, or ends in _us for a time."""
    for field in (name, f"{name}_us", f"{name.removesuffix('_time')}_us"):
        if any(field == known for known, _ in struct._fields_):
            return field
    raise AssertionError(f"{struct.__name__} has no field for {name}")


def _reader(
    call: str, struct: Any, flags: Mapping[str, int] | None = None, **converters: _Convert
) -> Callable[[Mapping[str, Any]], Any]:
    """A function from keyword arguments to a struct; None when nothing is given. `flags` has the
    options that are bits, `converters` the others; `call` is what errors say."""
    bits = flags or {}
    rows = {name: (_field(struct, name), convert) for name, convert in converters.items()}

    def read(given: Mapping[str, Any]) -> Any:
        if not given:
            return None
        unknown = sorted(set(given) - set(rows) - set(bits))
        if unknown:
            raise TypeError(f"{call}: unknown option: {', '.join(unknown)}")
        fields = {
            rows[name][0]: rows[name][1](value, name)
            for name, value in given.items()
            if name in rows and value is not None
        }
        if bits:
            fields["flags"] = sum(bit for name, bit in bits.items() if given.get(name))
        return options(struct, **fields)

    return read


open_options = _reader(
    "open",
    d.OpenOptions,
    {
        "read_only": d.OPEN_READ_ONLY,
        "offline": d.OPEN_OFFLINE,
        "deny_private": d.OPEN_DENY_PRIVATE,
        "keep_set_cookie": d.OPEN_KEEP_SET_COOKIE,
        "shared_http": d.OPEN_SHARED_HTTP,
        "keep_credentialed": d.OPEN_KEEP_CREDENTIALED,
    },
    memory_bytes=count,
    memory_entries=count,
    disk_bytes=count,
    disk_entries=count,
    preload_bytes=count,
    queue_bytes=count,
    commit_interval=micros,
    open_timeout=micros,
    put_timeout=_may_be_zero,
    ttl=_forever,
    policy=_one_of(MEMORY_POLICY),
    user_agent=text_of,
    proxy=text_of,
    no_proxy=_by_commas,
    ca_file=path_of,
    secret_names=lines_of,
    max_concurrency=count,
    break_failures=count,
    break_time=micros,
    wal_bytes=count,
    max_wal_bytes=count,
    lease_wait=micros,
    stale_if_error=_may_be_zero,
    max_heuristic=_may_be_zero,
    max_waiting=count,
    max_break_time=micros,
    break_successes=count,
    break_failure_rate=_count_or_none,
    break_slow_rate=_count_or_none,
    break_slow_time=micros,
    break_window_calls=count,
    break_window_time=micros,
    break_min_calls=count,
    retry_time=micros,
    max_retry_time=micros,
    retry_reserve=_count_or_none,
    retry_percent=_count_or_none,
)

get_flags = {
    "allow_stale": d.GET_ALLOW_STALE,
    "peek": d.GET_PEEK,
    "cached_only": d.GET_CACHED_ONLY,
    "negative": d.GET_SHOW_NEGATIVE,
}
_get = _reader("get", d.GetOptions, get_flags)


def get_options(**flags: bool) -> Any:
    return _get(flags) if any(flags.values()) else None


def filter_of(namespace: str | None, prefix: Bytes | None, tag: str | None) -> Any:
    start = bytes_of(prefix or b"", "prefix")
    found = options(
        d.Filter,
        space=text_of(namespace, "namespace"),
        prefix=ctypes.cast(ctypes.c_char_p(start), ctypes.c_void_p).value if start else None,
        prefix_size=len(start),
        tag=text_of(tag, "tag"),
    )
    found.keep_prefix = start  # for as long as the filter lives
    return found


put_options = _reader(
    "put",
    d.PutOptions,
    {"negative": d.PUT_NEGATIVE, "sliding": d.PUT_SLIDING},
    durability=_one_of(DURABILITY),
    ttl=_forever,
    stale=micros,
    timeout=_may_be_zero,
    content_type=text_of,
    source=text_of,
    tags=lines_of,
    json=_json_text,
)
space_options = _reader(
    "set_namespace", d.SpaceOptions, ttl=_forever, stale=micros, negative_ttl=_forever
)

_load = _reader("load", d.LoadOptions, timeout=_may_be_zero, lease=micros, early=_may_be_zero)


def load_options(given: LoadOptions) -> Any:
    return _load({"timeout" if name == "wait" else name: time for name, time in given.items()})


_fetch = _reader(
    "fetch",
    d.FetchOptions,
    {"deny_private": d.FETCH_DENY_PRIVATE, "in_order": d.FETCH_IN_ORDER},
    policy=_one_of(FETCH_POLICY),
    method=text_of,
    headers=_headers,
    timeout=micros,
    connect_timeout=micros,
    first_byte=micros,
    low_speed=micros,
    low_speed_bytes=count,
    max_header_bytes=count,
    max_body_bytes=count,
    max_redirects=_count_or_none,
    ttl=micros,
    retries=_zero_or_count,
)


def fetch_options(given: Mapping[str, Any]) -> Any:
    found = _fetch({name: value for name, value in given.items() if name != "body"})
    if given.get("body") is not None:
        found = found or options(d.FetchOptions)
        found.keep_body = bytes_of(given["body"], "body")  # for as long as the options live
        found.body = ctypes.cast(ctypes.c_char_p(found.keep_body), ctypes.c_void_p).value
        found.body_size = len(found.keep_body)
    return found


_DOCS_FLAGS = {"refresh": d.DOCS_REFRESH, "offline": d.DOCS_OFFLINE}

docs_options = _reader(
    "docs",
    d.DocsOptions,
    _DOCS_FLAGS,
    topic=text_of,
    version=text_of,
    ecosystem=text_of,
    project_root=path_of,
    paths=paths_of,
    url_template=text_of,
    timeout=micros,
    max_tokens=count,
)
warm_options = _reader(
    "warm",
    d.WarmOptions,
    _DOCS_FLAGS,
    paths=paths_of,
    url_template=text_of,
    concurrency=count,
    timeout=micros,
    max_requests=_requests,
)
breaker_options = _reader(
    "breaker",
    d.BreakerOptions,
    failures=count,
    successes=count,
    open_time=micros,
    max_open_time=micros,
    max_concurrency=count,
    probes=count,
    lease=micros,
    max_waiting=count,
    failure_rate=count,
    slow_rate=count,
    slow_time=micros,
    window_calls=count,
    window_time=micros,
    min_calls=count,
    retries=_count_or_none,
    retry_time=micros,
    max_retry_time=micros,
    retry_reserve=_count_or_none,
    retry_percent=_count_or_none,
)
