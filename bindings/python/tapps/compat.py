"""Three small classes for programs that keep Python objects in memory and want no options.

    cache = AsyncLRUCache(maxsize=1000)
    await cache.set("key", {"any": "object"})
    value = await cache.get("key")

    breaker = CircuitBreaker(failure_threshold=5, timeout=30)
    result = await breaker.execute(operation)

    stats = CacheStats()
    print(f"{stats.hit_rate:.2%}", f"{stats.avg_response_time:.2f}ms")
"""

from __future__ import annotations

import inspect
import itertools
import os
import pickle
import threading
import time
import weakref
from typing import Any, Awaitable, Callable, Generic, Hashable, TypeVar

from .breaker import Breaker
from .cache import Cache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")

_numbers = itertools.count(1)
_lock = threading.Lock()
_shared: tuple[int, Cache] | None = None  # with the process it belongs to: forks make their own
_caches: weakref.WeakSet[AsyncLRUCache[Any, Any]] = weakref.WeakSet()


def _memory() -> Cache:
    """The cache without a file that this module's breakers live in."""
    global _shared
    with _lock:
        if _shared is None or _shared[0] != os.getpid():
            _shared = (os.getpid(), Cache(":memory:"))
        return _shared[1]


class AsyncLRUCache(Generic[K, V]):
    """At most `maxsize` objects in memory, for `ttl` seconds when given. Keys are compared by
    their pickled form; values are copied in and out, so that nobody changes another's."""

    def __init__(self, maxsize: int = 1000, ttl: float | None = None) -> None:
        if maxsize < 1:
            raise ValueError(f"maxsize: expected a number above 0, not {maxsize!r}")
        self.maxsize = maxsize
        self._ttl = ttl
        self._cache = Cache(":memory:", memory_entries=maxsize)
        self.hits = 0
        self.misses = 0
        self.seconds = 0.0
        _caches.add(self)

    async def get(self, key: K, default: V | None = None) -> V | None:
        """The object, or `default`."""
        began = time.perf_counter()
        found = self._cache.get(_key(key))
        if found is None:
            self.misses += 1
            value = default
        else:
            self.hits += 1
            value = pickle.loads(found)  # written by this object, in this process
        self.seconds += time.perf_counter() - began
        return value

    async def set(self, key: K, value: V) -> None:
        data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        if self._ttl is None:
            self._cache.put(_key(key), data)
        else:
            self._cache.put(_key(key), data, ttl=self._ttl)

    async def delete(self, key: K) -> None:
        self._cache.delete(_key(key))

    async def clear(self) -> None:
        self._cache.clear()


def _key(key: Any) -> bytes:
    return pickle.dumps(key, pickle.HIGHEST_PROTOCOL)


class CircuitBreaker:
    """Opens after `failure_threshold` failures in a row and lets a call through again after
    `timeout` seconds."""

    def __init__(self, failure_threshold: int = 5, timeout: float = 30) -> None:
        self._breaker: Breaker = _memory().breaker(
            f"compat-{next(_numbers)}",
            failures=failure_threshold,
            successes=1,
            open_time=timeout,
            max_open_time=timeout,
            max_concurrency=float("inf"),
        )

    async def execute(self, operation: Callable[[], Awaitable[T] | T] | Awaitable[T]) -> T:
        """Runs a function, plain or async, or awaits an awaitable. Raises what it raises, and
        tapps.OpenCircuitError while the breaker is open."""
        try:
            permit = self._breaker.acquire()
        except Exception:
            if inspect.iscoroutine(operation):
                operation.close()  # it will not run: no warning that nobody awaited it
            raise
        try:
            result = operation() if callable(operation) else operation
            value: Any = await result if inspect.isawaitable(result) else result
        except Exception:
            permit.failure()
            raise
        except BaseException:
            permit.ignore()
            raise
        permit.success()
        return value  # type: ignore[no-any-return]

    @property
    def state(self) -> str:
        """"closed", "open" or "half_open"."""
        return self._breaker.read().state


class CacheStats:
    """What the lookups of one AsyncLRUCache, or of all that are there, come to; always as of
    now."""

    def __init__(self, cache: AsyncLRUCache[Any, Any] | None = None) -> None:
        self._one = cache

    def _all(self) -> list[AsyncLRUCache[Any, Any]]:
        return list(_caches) if self._one is None else [self._one]

    @property
    def hits(self) -> int:
        return sum(cache.hits for cache in self._all())

    @property
    def misses(self) -> int:
        return sum(cache.misses for cache in self._all())

    @property
    def hit_rate(self) -> float:
        """Hits by lookups, 0..1; 0 before the first."""
        lookups = self.hits + self.misses
        return self.hits / lookups if lookups else 0.0

    @property
    def avg_response_time(self) -> float:
        """Of a lookup, in milliseconds; 0 before the first."""
        lookups = self.hits + self.misses
        seconds = sum(cache.seconds for cache in self._all())
        return seconds * 1000 / lookups if lookups else 0.0
