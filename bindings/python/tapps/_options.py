"""Keyword arguments as the options structs of tapps.h."""

from __future__ import annotations

import ctypes
import json as _json
import math
from typing import Any, Iterable, Mapping, TypedDict

from . import _declarations as d
from . import errors
from ._native import Bytes, Duration, bytes_of, count, lines_of, micros, options, text_of

DURABILITY = {
    "async": d.DURABILITY_ASYNC,
    "memory": d.DURABILITY_MEMORY,
    "sync": d.DURABILITY_SYNC,
    "full": d.DURABILITY_FULL,
}
POLICY = {
    "default": d.FETCH_DEFAULT,
    "reload": d.FETCH_RELOAD,
    "no-store": d.FETCH_NO_STORE,
    "force-cache": d.FETCH_FORCE_CACHE,
    "only-if-cached": d.FETCH_ONLY_IF_CACHED,
    "no-cache": d.FETCH_NO_CACHE,
}


class OpenOptions(TypedDict, total=False):
    """How to open a cache; times in seconds. What is left out has the default of tapps.h."""

    read_only: bool
    offline: bool
    memory_bytes: int
    memory_entries: float
    disk_bytes: float
    queue_bytes: int
    commit_interval: Duration
    open_timeout: Duration
    put_timeout: Duration
    ttl: Duration
    user_agent: str
    proxy: str
    ca_file: str
    max_concurrency: int
    break_failures: int
    break_time: Duration


class PutOptions(TypedDict, total=False):
    """How to store an entry; times in seconds."""

    ttl: Duration
    stale: Duration
    durability: str
    negative: bool
    sliding: bool
    timeout: Duration
    content_type: str
    source: str
    tags: Iterable[str]
    json: Any


class FetchOptions(TypedDict, total=False):
    """How to fetch; times in seconds. policy is "default", "reload", "no-store", "force-cache",
    "only-if-cached" or "no-cache"."""

    method: str
    headers: Mapping[str, str] | Iterable[tuple[str, str]]
    body: Bytes
    policy: str
    timeout: Duration
    connect_timeout: Duration
    max_body_bytes: int
    max_redirects: int
    ttl: Duration
    deny_private: bool


class DocsOptions(TypedDict, total=False):
    topic: str
    version: str
    ecosystem: str
    project_root: str
    paths: Iterable[str]
    url_template: str
    refresh: bool
    offline: bool
    timeout: Duration
    max_tokens: float


class WarmOptions(TypedDict, total=False):
    paths: Iterable[str]
    url_template: str
    refresh: bool
    offline: bool
    concurrency: int
    timeout: Duration
    max_requests: float


class BreakerOptions(TypedDict, total=False):
    failures: int
    successes: int
    open_time: Duration
    max_open_time: Duration
    max_concurrency: float
    probes: int
    lease: Duration


def choice(table: Mapping[str, int], what: str, value: str) -> int:
    if value not in table:
        known = ", ".join(table)
        raise errors.InvalidError(d.E_INVALID, f"{what}: expected one of {known}, not {value!r}")
    return table[value]


def _known(kind: Any, given: Mapping[str, Any]) -> None:
    unknown = sorted(set(given) - set(kind.__annotations__))
    if unknown:
        raise TypeError(f"unknown option: {', '.join(unknown)}")


def open_options(o: OpenOptions) -> Any:
    if not o:
        return None
    _known(OpenOptions, o)
    return options(
        d.OpenOptions,
        flags=(d.OPEN_READ_ONLY if o.get("read_only") else 0)
        | (d.OPEN_OFFLINE if o.get("offline") else 0),
        memory_bytes=count(o.get("memory_bytes"), "memory_bytes"),
        memory_entries=count(o.get("memory_entries"), "memory_entries"),
        disk_bytes=count(o.get("disk_bytes"), "disk_bytes"),
        queue_bytes=count(o.get("queue_bytes"), "queue_bytes"),
        commit_interval_us=micros(o.get("commit_interval"), "commit_interval"),
        open_timeout_us=micros(o.get("open_timeout"), "open_timeout"),
        put_timeout_us=micros(o.get("put_timeout"), "put_timeout", zero=d.NONE),
        ttl_us=micros(o.get("ttl"), "ttl", infinite=d.NONE),
        user_agent=text_of(o.get("user_agent"), "user_agent"),
        proxy=text_of(o.get("proxy"), "proxy"),
        ca_file=text_of(o.get("ca_file"), "ca_file"),
        max_concurrency=count(o.get("max_concurrency"), "max_concurrency"),
        break_failures=count(o.get("break_failures"), "break_failures"),
        break_us=micros(o.get("break_time"), "break_time"),
    )


def get_options(allow_stale: bool, peek: bool, cached_only: bool, negative: bool = False) -> Any:
    flags = (
        (d.GET_ALLOW_STALE if allow_stale else 0)
        | (d.GET_PEEK if peek else 0)
        | (d.GET_CACHED_ONLY if cached_only else 0)
        | (d.GET_SHOW_NEGATIVE if negative else 0)
    )
    return options(d.GetOptions, flags=flags) if flags else None


def put_options(o: PutOptions) -> Any:
    if not o:
        return None
    _known(PutOptions, o)
    json = o.get("json")
    text = json if isinstance(json, str) or json is None else _json.dumps(json)
    return options(
        d.PutOptions,
        flags=(d.PUT_NEGATIVE if o.get("negative") else 0)
        | (d.PUT_SLIDING if o.get("sliding") else 0),
        durability=choice(DURABILITY, "durability", o.get("durability", "async")),
        ttl_us=micros(o.get("ttl"), "ttl", infinite=d.NONE),
        stale_us=micros(o.get("stale"), "stale"),
        timeout_us=micros(o.get("timeout"), "timeout", zero=d.NONE),
        content_type=text_of(o.get("content_type"), "content_type"),
        source=text_of(o.get("source"), "source"),
        tags=lines_of(o.get("tags"), "tags"),
        json=text_of(text, "json"),
    )


def _headers(headers: Any) -> bytes | None:
    if not headers:
        return None
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    lines = []
    for name, value in pairs:
        if any(c in f"{name}{value}" for c in "\r\n\0"):
            raise errors.InvalidError(d.E_INVALID, f"headers: {name!r} contains a line break")
        lines.append(f"{name}: {value}\n")
    return "".join(lines).encode()


def fetch_options(o: FetchOptions) -> Any:
    if not o:
        return None
    _known(FetchOptions, o)
    body = o.get("body")
    data = None if body is None else bytes_of(body, "body")
    redirects = o.get("max_redirects")
    found = options(
        d.FetchOptions,
        flags=d.FETCH_DENY_PRIVATE if o.get("deny_private") else 0,
        policy=choice(POLICY, "policy", o.get("policy", "default")),
        method=text_of(o.get("method"), "method"),
        headers=_headers(o.get("headers")),
        body=None if data is None else _address(data),
        body_size=0 if data is None else len(data),
        timeout_us=micros(o.get("timeout"), "timeout"),
        connect_timeout_us=micros(o.get("connect_timeout"), "connect_timeout"),
        max_body_bytes=count(o.get("max_body_bytes"), "max_body_bytes"),
        max_redirects=d.NONE if redirects == 0 else count(redirects, "max_redirects"),
        ttl_us=micros(o.get("ttl"), "ttl"),
    )
    found.keep_body = data  # for as long as the options live
    return found


def _address(data: bytes) -> int | None:
    return ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value


def _docs_flags(o: Mapping[str, Any]) -> int:
    return (d.DOCS_REFRESH if o.get("refresh") else 0) | (d.DOCS_OFFLINE if o.get("offline") else 0)


def docs_options(o: DocsOptions) -> Any:
    if not o:
        return None
    _known(DocsOptions, o)
    return options(
        d.DocsOptions,
        flags=_docs_flags(o),
        topic=text_of(o.get("topic"), "topic"),
        version=text_of(o.get("version"), "version"),
        ecosystem=text_of(o.get("ecosystem"), "ecosystem"),
        project_root=text_of(o.get("project_root"), "project_root"),
        paths=lines_of(o.get("paths"), "paths"),
        url_template=text_of(o.get("url_template"), "url_template"),
        timeout_us=micros(o.get("timeout"), "timeout"),
        max_tokens=count(o.get("max_tokens"), "max_tokens"),
    )


def warm_options(o: WarmOptions) -> Any:
    if not o:
        return None
    _known(WarmOptions, o)
    requests = o.get("max_requests")
    return options(
        d.WarmOptions,
        flags=_docs_flags(o),
        paths=lines_of(o.get("paths"), "paths"),
        url_template=text_of(o.get("url_template"), "url_template"),
        concurrency=count(o.get("concurrency"), "concurrency"),
        timeout_us=micros(o.get("timeout"), "timeout"),
        max_requests=0 if requests == math.inf else count(requests, "max_requests"),
    )


def breaker_options(o: BreakerOptions) -> Any:
    if not o:
        return None
    _known(BreakerOptions, o)
    return options(
        d.BreakerOptions,
        failures=count(o.get("failures"), "failures"),
        successes=count(o.get("successes"), "successes"),
        open_us=micros(o.get("open_time"), "open_time"),
        max_open_us=micros(o.get("max_open_time"), "max_open_time"),
        max_concurrency=count(o.get("max_concurrency"), "max_concurrency"),
        probes=count(o.get("probes"), "probes"),
        lease_us=micros(o.get("lease"), "lease"),
    )
