"""The keyword arguments of each call; times in seconds."""

from __future__ import annotations

import os
from typing import Any, Iterable, Mapping, TypedDict

from ._native import Bytes, Duration


class OpenOptions(TypedDict, total=False):
    """How to open a cache; times in seconds. What is left out has the default of tapps.h. policy,
    of the memory tier, is "adaptive" or "lru"."""

    read_only: bool
    offline: bool
    memory_bytes: int
    memory_entries: float
    disk_bytes: float
    disk_entries: float
    preload_bytes: int
    policy: str
    queue_bytes: int
    commit_interval: Duration
    open_timeout: Duration
    put_timeout: Duration
    ttl: Duration
    user_agent: str
    proxy: str
    no_proxy: Iterable[str]
    ca_file: str | os.PathLike[str]
    secret_names: Iterable[str]
    deny_private: bool
    keep_set_cookie: bool
    shared_http: bool
    keep_credentialed: bool
    max_concurrency: int
    break_failures: int
    break_time: Duration
    wal_bytes: int
    max_wal_bytes: int
    lease_wait: Duration
    stale_if_error: Duration
    max_heuristic: Duration
    max_waiting: int
    max_break_time: Duration
    break_successes: int
    break_failure_rate: int
    break_slow_rate: int
    break_slow_time: Duration
    break_window_calls: int
    break_window_time: Duration
    break_min_calls: int
    retry_time: Duration
    max_retry_time: Duration
    retry_reserve: int
    retry_percent: int


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


class LoadOptions(TypedDict, total=False):
    """How to load: how long to wait for somebody else's load, how long this one may take, and how
    long it usually takes (0: no early refresh)."""

    wait: Duration
    lease: Duration
    early: Duration


class SpaceOptions(TypedDict, total=False):
    """What entries of a namespace get when their put does not say."""

    ttl: Duration
    stale: Duration
    negative_ttl: Duration


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
    retries: int
    first_byte: Duration
    low_speed: Duration
    low_speed_bytes: int
    max_header_bytes: int


class DocsOptions(TypedDict, total=False):
    topic: str
    version: str
    ecosystem: str
    project_root: str | os.PathLike[str]
    paths: Iterable[str | os.PathLike[str]]
    url_template: str
    refresh: bool
    offline: bool
    timeout: Duration
    max_tokens: float


class WarmOptions(TypedDict, total=False):
    paths: Iterable[str | os.PathLike[str]]
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
    max_waiting: int
    failure_rate: int
    slow_rate: int
    slow_time: Duration
    window_calls: int
    window_time: Duration
    min_calls: int
    retries: int
    retry_time: Duration
    max_retry_time: Duration
    retry_reserve: int
    retry_percent: int
