"""Use of the package as a type checker sees it: mypy --strict has nothing to say."""

from __future__ import annotations

import asyncio
import datetime
from typing import Optional

import tapps
import tapps.aio
from tapps.compat import AsyncLRUCache, CacheStats, CircuitBreaker


def entries(cache: tapps.Cache) -> int:
    cache.put("a", b"one", ttl=datetime.timedelta(minutes=1), tags=["x"], durability="sync")
    value: Optional[bytes] = cache.get("a")
    known: str | bytes = cache.get("a", "none") or ""
    cache["b"] = "two"
    many: list[bytes | None] = cache.get_many(["a", "b"])
    entry: tapps.Entry | None = cache.entry("a")
    made: bytes | None = cache.load("c", lambda key: f"made for {key!r}", ttl=60, load={"wait": 1})
    try:
        cache.swap("a", 0, "mine")
    except tapps.ExistsError as error:
        return error.version + len(many) + len(known) + len(value or b"") + len(made or b"")
    except tapps.Error as error:
        print(error.code, error.name, error.retry_after)
    return entry.version if entry else cache.count(prefix="a").entries


def answers(cache: tapps.Cache) -> str:
    response: tapps.Response = cache.fetch("http://127.0.0.1/", timeout=5, headers={"A": "b"})
    for result in cache.fetch_many(["http://127.0.0.1/"], parallel=2):
        print(result.response.status if result.response else result.error)
    document: tapps.Document = cache.docs("left-pad", project_root=".", max_tokens=100)
    run: tapps.WarmRun = cache.warm(".")
    progress: list[tapps.Progress] = list(run)
    return document.text + response.text + str(run.result().failed + len(progress))


def guarded(cache: tapps.Cache) -> int:
    breaker: tapps.Breaker = cache.breaker("search", failures=2, wait=0.5)

    @breaker
    def search(word: str) -> int:
        return len(word)

    with breaker.guard():
        found: int = search("x")
    text: str | int = breaker.execute(lambda: "x", lambda error: found)
    return len(str(text)) + breaker.read().in_flight


async def side_by_side() -> None:
    async with tapps.aio.open(":memory:", policy="lru") as cache:
        await cache.put("a", "one", ttl=60)
        values = await asyncio.gather(cache.get("a"), cache.get("b"))
        first: bytes | None = values[0]

        async def make(key: str | bytes | bytearray | memoryview) -> bytes:
            return first or b""

        print(await cache.load("c", make))
        async for result in cache.fetch_many([]):
            print(result.url)
        async for listed in cache.entries():
            print(listed.key)
    lru: AsyncLRUCache[str, bytes] = AsyncLRUCache(maxsize=10)
    stats, breaker = CacheStats(), CircuitBreaker(failure_threshold=5, timeout=30)
    print(lru, f"{stats.hit_rate:.2%}", breaker)


with tapps.open(":memory:") as opened:
    print(entries(opened), opened.path, tapps.library_version())
