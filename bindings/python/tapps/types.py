"""What calls return: plain, immutable data. Times are seconds, instants Unix times."""

from __future__ import annotations

import ctypes
import email.message
import json as _json
from dataclasses import dataclass, field
from typing import Any, Mapping

from . import _declarations as d
from ._error import Error, of_code
from ._native import Value

_ORIGINS = {
    d.FROM_MEMORY: "memory",
    d.FROM_DISK: "disk",
    d.FROM_NETWORK: "network",
    d.FROM_REVALIDATED: "revalidated",
    d.FROM_INSTALLED: "installed",
}

# Of a cache, by their numbers.
STATES = ("ok", "read_only", "memory", "locked", "full", "failed", "wal_pinned", "closed")


def _instant(us: int) -> float | None:
    return us / 1e6 if us else None


@dataclass(frozen=True)
class Entry:
    """A value and what is known about it."""

    value: bytes
    version: int
    created_at: float
    expires_at: float | None
    stale_until: float | None
    age: float
    stale: bool
    served_from: str
    content_type: str | None
    source: str | None
    tags: tuple[str, ...]
    json: Any
    #: Remembers "not found"; only where these are asked for.
    negative: bool = False


@dataclass(frozen=True)
class Count:
    """How many entries there are, and the bytes of their keys and values."""

    entries: int
    bytes: int


@dataclass(frozen=True)
class ListedEntry:
    """An entry as a walk meets it."""

    key: bytes
    namespace: str
    size: int
    content_type: str | None
    created_at: float
    expires_at: float | None
    last_used_at: float | None
    hits: int
    stale: bool
    negative: bool


@dataclass(frozen=True)
class Response:
    """What a URL answered, from wherever it came."""

    status: int
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    served_from: str
    age: float
    stale: bool
    cache_status: str | None
    warning: str | None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """The values of a header, joined by commas; None when it is not there."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None

    @property
    def text(self) -> str:
        """The body in the charset of its Content-Type, else as UTF-8; what is no text of it becomes
        U+FFFD."""
        kind = email.message.Message()
        kind["Content-Type"] = self.header("Content-Type") or ""
        try:
            return self.body.decode(str(kind.get_param("charset", "utf-8")), errors="replace")
        except (LookupError, UnicodeError):  # not a charset, or not one of texts
            return self.body.decode(errors="replace")

    def raise_for_status(self) -> Response:
        """This response; ProtocolError with its `http_status` when that is 400 or above."""
        if self.status < 400:
            return self
        message = f"{self.url}: answered with status {self.status}"
        raise of_code(d.E_PROTOCOL)(d.E_PROTOCOL, message, http_status=self.status)

    def json(self) -> Any:
        return _json.loads(self.body)


@dataclass(frozen=True)
class FetchResult:
    """One of many fetches: its response, or why there is none."""

    index: int
    url: str
    response: Response | None
    error: Error | None


@dataclass(frozen=True)
class Document:
    """What the documentation of a library says."""

    text: str = field(repr=False)
    library: str | None
    version: str | None
    ecosystem: str | None
    source: str | None
    topics: tuple[str, ...]
    content_type: str | None
    tokens: int
    age: float
    stale: bool
    served_from: str
    warning: str | None


@dataclass(frozen=True)
class Progress:
    """How far a warm run is."""

    total: int
    done: int
    current: str | None
    bytes: int
    eta: float | None


@dataclass(frozen=True)
class WarmResult:
    total: int
    fetched: int
    skipped: int
    failed: int
    bytes: int
    duration: float
    failures: tuple[Mapping[str, Any], ...]
    #: The whole answer of the library.
    raw: Mapping[str, Any] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Event:
    """kind is "breaker" or "state"; data what the library says about it. See BreakerEvent and
    StateEvent, which have it typed."""

    kind: str
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class StateEvent(Event):
    """The cache has entered another mode: Cache.state, and one line on the reason."""

    state: str
    why: str


@dataclass(frozen=True)
class BreakerEvent(Event):
    """A breaker, of a service or of an origin of fetches, has changed its state; the states are
    "closed", "open" and "half_open"."""

    name: str
    from_state: str
    to_state: str
    #: It is held there by hand.
    forced: bool
    #: Seconds it stays open; 0 unless it opened.
    open_time: float
    at: float


@dataclass(frozen=True)
class BreakerInfo:
    state: str
    forced: str
    failures_in_row: int
    in_flight: int
    retry_after: float
    successes: int
    failures: int
    ignored: int
    rejected: int
    transitions: int
    #: Callers in line.
    waiting: int
    #: The longest wait in seconds the service asked any caller for.
    quota: float
    window_calls: int
    window_failures: int
    window_slow: int


def entry(value: Value) -> Entry:
    info = value.info()
    tags, json_text = value.text(d.TEXT_TAGS), value.text(d.TEXT_JSON)
    return Entry(
        value=value.bytes(),
        version=info.version,
        created_at=info.created_us / 1e6,
        expires_at=_instant(info.expires_us),
        stale_until=_instant(info.stale_until_us),
        age=info.age_us / 1e6,
        stale=bool(info.flags & d.VALUE_STALE),
        served_from=_ORIGINS.get(info.served_from, "unknown"),
        content_type=value.text(d.TEXT_CONTENT_TYPE),
        source=value.text(d.TEXT_SOURCE),
        tags=tuple(tags.split("\n")) if tags else (),
        json=_json.loads(json_text) if json_text else None,
        negative=bool(info.flags & d.VALUE_NEGATIVE),
    )


def listed(raw: d.Entry) -> ListedEntry:
    return ListedEntry(
        key=ctypes.string_at(raw.key, raw.key_size) if raw.key else b"",
        namespace=(raw.space or b"").decode(),
        size=raw.size,
        content_type=raw.content_type.decode(errors="replace") if raw.content_type else None,
        created_at=raw.created_us / 1e6,
        expires_at=_instant(raw.expires_us),
        last_used_at=_instant(raw.last_used_us),
        hits=raw.hits,
        stale=bool(raw.flags & d.VALUE_STALE),
        negative=bool(raw.flags & d.VALUE_NEGATIVE),
    )


def response(value: Value) -> Response:
    info = value.info()
    lines = (value.text(d.TEXT_HEADERS) or "").split("\r\n")
    pairs = [line.partition(":") for line in lines if ":" in line]
    return Response(
        status=info.http_status,
        url=value.text(d.TEXT_URL) or "",
        headers=tuple((name, content.strip()) for name, _, content in pairs),
        body=value.bytes(),
        served_from=_ORIGINS.get(info.served_from, "unknown"),
        age=info.age_us / 1e6,
        stale=bool(info.flags & d.VALUE_STALE),
        cache_status=value.text(d.TEXT_CACHE_STATUS),
        warning=value.text(d.TEXT_WARNING),
    )


def document(value: Value) -> Document:
    info = value.info()
    topics = value.text(d.TEXT_TOPIC)
    return Document(
        text=value.bytes().decode(errors="replace"),
        library=value.text(d.TEXT_LIBRARY),
        version=value.text(d.TEXT_LIBRARY_VERSION),
        ecosystem=value.text(d.TEXT_ECOSYSTEM),
        source=value.text(d.TEXT_SOURCE),
        topics=tuple(topics.split("\n")) if topics else (),
        content_type=value.text(d.TEXT_CONTENT_TYPE),
        tokens=info.tokens,
        age=info.age_us / 1e6,
        stale=bool(info.flags & d.VALUE_STALE),
        served_from=_ORIGINS.get(info.served_from, "unknown"),
        warning=value.text(d.TEXT_WARNING),
    )


def event(kind: int, data: bytes) -> Event:
    found = _json.loads(data)
    if kind == d.EVENT_STATE:
        number = found["state"]
        state = STATES[number] if number < len(STATES) else "unknown"
        return StateEvent("state", found, state, found["why"])
    return BreakerEvent(
        "breaker",
        found,
        name=found["name"],
        from_state=found["from"].lower(),
        to_state=found["to"].lower(),
        forced=found["forced"],
        open_time=found["open_us"] / 1e6,
        at=found["at_us"] / 1e6,
    )


def progress(data: bytes) -> Progress:
    found = _json.loads(data)
    eta = found.get("eta_us")
    return Progress(
        found["total"],
        found["done"],
        found.get("current"),
        found.get("bytes", 0),
        None if eta is None else eta / 1e6,
    )


def warm_result(data: bytes) -> WarmResult:
    found = _json.loads(data)
    return WarmResult(
        total=found["total"],
        fetched=found["fetched"],
        skipped=found["skipped"],
        failed=found["failed"],
        bytes=found["bytes"],
        duration=found["duration_us"] / 1e6,
        failures=tuple(found["failures"]),
        raw=found,
    )
