"""Operations of every kind, COUNT of them; the resident memory after each tenth as "rss KIB". For
tools/binding_soak: soak.py COUNT"""

import asyncio
import contextlib
import gc
import os
import pathlib
import sys
import tempfile

import tapps
import tapps.aio

ROUND = 20  # operations of one round
VALUE = b"\1" * 600


def resident():
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def failing(_):
    raise OSError


def waiting(cache, breaker, n):
    """Half of a round: calls that wait."""
    key = f"k{n % 5000}"
    cache.put(key, VALUE, tags=["a", "b"], json={"n": n})
    cache.get(key)
    cache.entry(f"k{n * 7 % 5000}")
    cache.get(f"none {n}")
    cache.view(key)
    cache.get_many([key, "k1", "none"])
    cache.put_many([("m1", "x"), ("m2", "y")])
    cache.load(f"l{n % 500}", lambda _: VALUE, ttl=0.05)
    with contextlib.suppress(OSError):
        cache.load(f"f{n}", failing)
    with contextlib.suppress(tapps.InvalidError):
        cache.put("", "x")
    breaker.execute(lambda: 1)


async def asynchronous(cache, breaker, n):
    """The other half."""
    key = f"a{n % 5000}"
    await cache.put(key, VALUE)
    await cache.get(key)
    await cache.entry(f"a{n * 7 % 5000}")
    await cache.contains(f"none {n}")
    await cache.load(f"u{n}", lambda _: None)
    with contextlib.suppress(tapps.ExistsError):
        await cache.swap(key, 0, "x")
    task = asyncio.ensure_future(cache.entry(f"q{n}"))
    await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await breaker.execute_async(lambda: asyncio.sleep(0))
    await cache.delete(key)


async def main():
    tenth = max(1, int(sys.argv[1]) // ROUND // 10)
    bounds = {"memory_bytes": 1 << 20, "disk_bytes": 8 << 20}
    with tempfile.TemporaryDirectory(prefix="tapps-soak-") as folder:
        async with tapps.aio.open(f"{folder}/cache.db", **bounds) as cache:
            breaker = cache.breaker("soak", max_concurrency=1000)
            for part in range(10):
                for n in range(part * tenth, (part + 1) * tenth):
                    waiting(cache.sync, breaker, n)
                    await asynchronous(cache, breaker, n)
                for _ in cache.sync.entries(prefix="k1"):
                    pass
                await cache.count(tag="a")
                await cache.flush()
                gc.collect()
                print("rss", resident(), flush=True)


asyncio.run(main())
