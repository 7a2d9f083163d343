import asyncio
import contextlib
import http.server
import pathlib
import tempfile
import threading
import time
import unittest
import unittest.mock
import weakref

import tapps
import tapps.aio
from tapps import _declarations as d
from tapps.compat import AsyncLRUCache, CacheStats, CircuitBreaker


@contextlib.contextmanager
def silent_origin():
    """A server that takes requests and never answers; gives its URL."""
    ended = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            ended.wait(30)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()


class Aio(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tapps-python-")
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "cache.db"
        self.cache = await tapps.aio.open(self.path)
        self.addAsyncCleanup(self.cache.close)

    async def test_a_thousand_operations_at_once(self):
        await asyncio.gather(*(self.cache.put(f"k{n}", f"v{n}") for n in range(1000)))
        found = await asyncio.gather(*(self.cache.entry(f"k{n}") for n in range(1000)))
        self.assertEqual([e.value for e in found], [f"v{n}".encode() for n in range(1000)])

    async def test_a_cancelled_load_ends_its_lease(self):
        started = asyncio.Event()

        async def never(_):
            started.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(self.cache.load("k", never))
        await started.wait()
        waiting = asyncio.create_task(self.cache.load("k", lambda _: "one"))
        await asyncio.sleep(0)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual(await waiting, b"one")

    async def test_cancellations_that_race_with_their_leases_leave_none_behind(self):
        async def one(number):
            with contextlib.suppress(asyncio.TimeoutError):
                load = self.cache.load(f"k{number}", lambda _: asyncio.sleep(0.002))
                await asyncio.wait_for(load, number % 5 / 1000)

        await asyncio.gather(*(one(number) for number in range(50)))
        for number in range(50):
            self.assertEqual(await self.cache.load(f"k{number}", lambda _: "v"), b"v")

    async def test_a_stale_value_is_answered_while_its_successor_is_loaded(self):
        await self.cache.put("k", "old", ttl=0.001, stale=600)
        while await self.cache.contains("k"):
            await asyncio.sleep(0.001)
        loaded = asyncio.Event()

        async def loader(_):
            await loaded.wait()
            return "new"

        self.assertEqual(await self.cache.load("k", loader), b"old")
        loaded.set()
        while await self.cache.get("k") != b"new":
            await asyncio.sleep(0.001)

    async def test_a_permit_that_comes_after_a_cancellation_is_given_back(self):
        breaker = self.cache.breaker("b", max_concurrency=1)
        for _ in range(20):
            held = await breaker.acquire_async()
            waiting = asyncio.create_task(breaker.acquire_async(10))
            await asyncio.sleep(0)
            held.success()
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                (await waiting).ignore()
            (await breaker.acquire_async(5)).success()
        self.assertEqual(breaker.read().in_flight, 0)

    async def test_leaving_many_fetches_ends_the_rest(self):
        with silent_origin() as url:
            walk = self.cache.fetch_many(["http://127.0.0.1:1/", url])
            first = await walk.__anext__()
            self.assertEqual((first.index, first.error.name), (0, "NETWORK"))
            await walk.aclose()

    async def test_what_is_not_in_memory_is_read_from_the_file(self):
        await self.cache.put("a", "one", durability="sync")
        await self.cache.close()
        async with tapps.aio.open(self.path) as cache:
            self.assertEqual(await cache.get("a"), b"one")
            self.assertIsNone(await cache.get("b"))
            self.assertEqual(await cache.get("b", "default"), "default")

    async def test_a_cancelled_task_ends_at_once_and_leaves_nothing(self):
        with silent_origin() as url:
            task = asyncio.create_task(self.cache.fetch(url))
            await asyncio.sleep(0)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(self.cache.fetch(url), 0.05)
            self.assertEqual(await self.cache.get_many(["x"]), [None])

    async def test_close_fails_what_is_under_way(self):
        with silent_origin() as url:
            task = asyncio.create_task(self.cache.fetch(url))
            await asyncio.sleep(0)
            await self.cache.close()
            with self.assertRaises(tapps.ClosedError):
                await task

    async def test_errors_come_out_of_await(self):
        with self.assertRaises(tapps.InvalidError):
            await self.cache.put("", "x")
        with self.assertRaises(tapps.NetworkError):
            await self.cache.fetch("http://127.0.0.1:1/")

    async def test_events_end_with_their_iterator(self):
        events = self.cache.events("breaker")
        first = asyncio.ensure_future(events.__anext__())
        await asyncio.sleep(0)
        self.cache.breaker("b").force("open")
        event = await asyncio.wait_for(first, 10)
        self.assertEqual((event.kind, event.data["name"]), ("breaker", "b"))
        await events.aclose()

    async def test_events_end_with_the_cache(self):
        async def names():
            return [event.data["name"] async for event in self.cache.events("breaker")]

        reading = asyncio.create_task(names())
        await asyncio.sleep(0)
        self.cache.breaker("b").force("open")
        await self.cache.close()
        self.assertEqual(await asyncio.wait_for(reading, 10), ["b"])

    async def test_all_entries_are_listed_page_by_page(self):
        await self.cache.put_many((f"k{number}", "v") for number in range(600))
        self.assertEqual(len({entry.key async for entry in self.cache.entries()}), 600)

    async def test_a_callback_that_raises_is_told_and_loses_nothing(self):
        root = self.path.parent / "project"
        root.mkdir()
        (root / "requirements.txt").write_text("left-pad==1.0\n")
        told = []
        asyncio.get_running_loop().set_exception_handler(lambda _, said: told.append(said))

        def failing(_):
            raise OSError("on purpose")

        queue, seen = self.cache._queue().queue, []
        drain = queue.drain

        def all_at_once():
            seen.extend(drain())
            ended = any(record.kind == d.RECORD_WARM for record in seen)
            return [seen.pop(0) for _ in range(len(seen))] if ended else []

        queue.drain = all_at_once
        warm = self.cache.warm(root, on_progress=failing, offline=True)
        self.assertEqual((await asyncio.wait_for(warm, 20)).total, 1)
        self.assertEqual(str(told[0]["exception"]), "on purpose")

    async def test_close_answers_what_has_ended(self):
        puts = [asyncio.ensure_future(self.cache.put(f"k{n}", "v")) for n in range(2000)]
        await asyncio.sleep(0)
        while self.cache.stats()["writes"] < 2000:
            time.sleep(0.001)  # the loop, too
        await self.cache.close()
        self.assertEqual(await asyncio.gather(*puts, return_exceptions=True), [None] * 2000)

    async def test_many_urls_are_refused_when_one_is_none(self):
        for urls in (["http://127.0.0.1:1/", ""], ["http://127.0.0.1:1/\n"]):
            with self.assertRaisesRegex(tapps.InvalidError, "urls: number"):
                await self.cache.fetch_many(urls).__anext__()

    async def test_a_lease_ends_when_its_value_is_refused(self):
        with self.assertRaises(tapps.InvalidError):
            await self.cache.load("k", lambda _: "one", json="not json")
        load = self.cache.load("k", lambda _: "two", load={"wait": 0})
        self.assertEqual(await load, b"two")

    async def test_what_is_made_is_answered_also_when_it_is_not_stored(self):
        load = self.cache.load("k", lambda _: "one", source="x" * (2 << 20))
        self.assertEqual(await load, b"one")
        self.assertFalse(await self.cache.contains("k"))

    async def test_a_plan_keeps_its_cache(self):
        plan = await (await tapps.aio.open(":memory:")).plan(self.path.parent)
        self.assertEqual(plan._cache.state, "memory")

    async def test_a_permit_that_comes_late_finds_its_breaker(self):
        cache = await tapps.aio.open(":memory:")
        holder, late = cache.breaker("b", max_concurrency=1), cache.breaker("b")
        held, there = holder.acquire(), weakref.ref(late)
        waiting = asyncio.ensure_future(late.acquire_async(10))
        del late
        await asyncio.sleep(0)
        report, alive = cache._lib.tapps_breaker_report, []

        def reported(*arguments):
            alive.append(there() is not None)
            report(*arguments)

        held.success()  # from here on the permit is in the queue, and the loop has not seen it
        with unittest.mock.patch.object(cache._lib, "tapps_breaker_report", reported):
            waiting.cancel()
            del waiting  # with what its frames hold
            (await asyncio.wait_for(holder.acquire_async(10), 20)).success()
        self.assertTrue(alive[0], "it was reported to a breaker that was gone")
        self.assertIsNone(there())
        self.assertEqual(holder.read().in_flight, 0)
        await cache.close()

    async def test_a_decorated_coroutine_goes_through_the_breaker(self):
        breaker = self.cache.breaker("service", failures=1)

        @breaker
        async def call(fails):
            if fails:
                raise OSError("down")
            return 5

        self.assertEqual(await call(False), 5)
        with self.assertRaises(OSError):
            await call(True)
        with self.assertRaises(tapps.OpenCircuitError) as caught:
            await call(False)
        self.assertGreater(caught.exception.retry_after, 0)

        async def fallback(error):
            return type(error).__name__

        self.assertEqual(await breaker.execute_async(lambda: call(False), fallback),
                         "OpenCircuitError")  # fmt: skip

    async def test_a_cancelled_call_does_not_count_against_the_callee(self):
        breaker = self.cache.breaker("patient", failures=1)
        task = asyncio.create_task(breaker.execute_async(lambda: asyncio.sleep(30)))
        await asyncio.sleep(0)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        info = breaker.read()
        self.assertEqual((info.state, info.ignored, info.in_flight), ("closed", 1, 0))


class Compat(unittest.IsolatedAsyncioTestCase):
    async def test_the_three_classes_as_the_guide_prints_them(self):
        cache = AsyncLRUCache(maxsize=1000)
        await cache.set("key", {"any": ["object", 1]})
        value = await cache.get("key")
        self.assertEqual(value, {"any": ["object", 1]})
        self.assertIsNone(await cache.get("other"))

        breaker = CircuitBreaker(failure_threshold=5, timeout=30)

        async def operation():
            return "result"

        result = await breaker.execute(operation)
        self.assertEqual(result, "result")

        stats = CacheStats()
        self.assertEqual(f"{stats.hit_rate:.2%}", "50.00%")
        self.assertRegex(f"{stats.avg_response_time:.2f}ms", r"^\d+\.\d\dms$")

    async def test_objects_are_bounded_and_each_cache_is_its_own(self):
        small, other = AsyncLRUCache(maxsize=10), AsyncLRUCache(maxsize=10)
        for number in range(100):
            await small.set(number, number)
        found = [n for n in range(100) if await small.get(n) is not None]
        self.assertLessEqual(len(found), 10)
        self.assertGreater(len(found), 0)
        self.assertIsNone(await other.get(99))
        await small.set(("a", 1), None)
        self.assertIsNone(await small.get(("a", 1), "default"))

    async def test_a_breaker_opens_and_lets_a_call_through_after_its_timeout(self):
        breaker = CircuitBreaker(failure_threshold=2, timeout=0.05)

        async def down():
            raise OSError("down")

        for _ in range(2):
            with self.assertRaises(OSError):
                await breaker.execute(down)
        with self.assertRaises(tapps.OpenCircuitError):
            await breaker.execute(down)
        self.assertEqual(breaker.state, "open")
        for _ in range(500):  # until its timeout has passed
            try:
                self.assertEqual(await breaker.execute(lambda: 5), 5)
                break
            except tapps.OpenCircuitError:
                await asyncio.sleep(0.01)
        self.assertEqual(breaker.state, "closed")


if __name__ == "__main__":
    unittest.main()
