import datetime
import gc
import math
import multiprocessing
import resource
import threading
import unittest
import weakref

import tapps
from helpers import CacheTest, run


class Mapping(CacheTest):
    def test_a_cache_is_a_mapping(self):
        self.cache["a"] = "one"
        self.cache[b"b"] = bytearray(b"two")
        self.assertEqual(self.cache["a"], b"one")
        self.assertIn("b", self.cache)
        self.assertNotIn("c", self.cache)
        self.assertEqual(sorted(self.cache), [b"a", b"b"])
        self.assertEqual(len(self.cache), 2)
        self.assertEqual(dict(self.cache.items()), {b"a": b"one", b"b": b"two"})
        self.assertEqual(self.cache.pop("a"), b"one")
        self.assertEqual(self.cache.setdefault("c", b"three"), b"three")
        with self.assertRaises(KeyError):
            self.cache["a"]
        with self.assertRaises(KeyError):
            del self.cache["a"]
        self.cache.put("kept", "x", namespace="other")
        self.cache.clear()
        self.assertEqual(list(self.cache), [])
        self.assertEqual(self.cache.get("kept", namespace="other"), b"x")

    def test_looking_whether_a_key_is_there_is_no_use(self):
        self.cache.put("a", "x", durability="sync")
        self.assertIn("a", self.cache)
        self.assertEqual(next(iter(self.cache.entries())).hits, 0)


class Arguments(CacheTest):
    def test_durations_are_seconds_or_timedeltas_above_zero(self):
        self.cache.put("a", "x", ttl=datetime.timedelta(minutes=1))
        entry = self.cache.entry("a")
        self.assertAlmostEqual(entry.expires_at - entry.created_at, 60, places=3)
        self.cache.put("a", "x", ttl=math.inf)
        self.assertIsNone(self.cache.entry("a").expires_at)
        for ttl in (0, -1, math.nan):
            with self.assertRaises(tapps.InvalidError):
                self.cache.put("a", "x", ttl=ttl)

    def test_times_and_numbers_beyond_all_bounds_do_not_wrap(self):
        for ttl in (datetime.timedelta.max, 1e300):
            self.cache.put("a", "x", ttl=ttl, stale=ttl)
            self.assertIsNone(self.cache.entry("a").expires_at)
        with self.assertRaises(tapps.InvalidError):
            self.cache.put("a", "x", timeout=datetime.timedelta.max)
        with self.assertRaisesRegex(tapps.InvalidError, "max_tokens"):
            self.cache.docs("left-pad", max_tokens=2**64 + 1)

    def test_many_urls_are_refused_when_one_is_none(self):
        for urls in (["http://127.0.0.1:1/", ""], [""], ["http://127.0.0.1:1/\n"]):
            with self.assertRaisesRegex(tapps.InvalidError, "urls: number"):
                next(self.cache.fetch_many(urls))

    def test_wrong_types_and_names_are_refused_before_the_call(self):
        with self.assertRaises(TypeError):
            self.cache.put("a", 5)
        with self.assertRaises(TypeError):
            self.cache.put("a", "x", lifetime=5)
        with self.assertRaises(TypeError):
            self.cache.put("a", "x", tags="one")
        with self.assertRaisesRegex(ValueError, "durability: expected one of async"):
            self.cache.put("a", "x", durability="later")
        with self.assertRaisesRegex(tapps.InvalidError, "NUL"):
            self.cache.put("a", "x", namespace="a\0b")
        with self.assertRaisesRegex(tapps.InvalidError, "line break"):
            self.cache.fetch("http://localhost/", headers={"A": "b\nC: d"})

    def test_an_error_is_of_its_class_and_of_the_builtin_one(self):
        with self.assertRaises(tapps.InvalidError) as caught:
            self.cache.put("", "x")
        self.assertEqual(caught.exception.name, "INVALID")
        self.assertIsInstance(caught.exception, ValueError)
        self.assertIn("key", str(caught.exception))
        with self.assertRaises(KeyError):
            self.cache.touch("none", 5)
        with self.assertRaises(TimeoutError):
            self.cache.events().get(timeout=0.001)


class Loads(CacheTest):
    def loaded(self, value, key="k", **options):
        """What the next who asks gets, without a wait for anybody."""
        return self.cache.load(key, lambda _: value, load={"wait": 0}, **options)

    def test_a_lease_ends_when_its_value_is_refused(self):
        with self.assertRaises(tapps.InvalidError):
            self.loaded("one", json="not json")
        self.assertEqual(self.loaded("two"), b"two")

    def test_what_is_made_is_answered_also_when_it_is_not_stored(self):
        large = bytes((256 << 20) + 1)
        self.assertIs(self.loaded(large), large)
        self.assertEqual(self.loaded("two"), b"two")
        self.assertEqual(self.loaded("three", key="other", source="x" * (2 << 20)), b"three")
        self.assertFalse(self.cache.contains("other"))


class ClosedBetween:
    """The library, for a queue that another thread closes just before the wait in C."""

    def __init__(self, events):
        self.lib, self.events, self.waits = events._queue._lib, events, 0
        events._queue._lib = self

    def __getattr__(self, name):
        return getattr(self.lib, name)

    def tapps_queue_wait(self, handle, *rest):
        closing = threading.Thread(target=self.events.close)
        closing.start()
        closing.join()
        if not self.events._queue._finalizer.alive:
            raise AssertionError("a wait on a queue that was given back")
        self.waits += 1
        return self.lib.tapps_queue_wait(handle, *rest)


class Closing(CacheTest):
    def test_a_deadline_that_is_none_does_not_close(self):
        with self.assertRaises(tapps.InvalidError):
            self.cache.close(0)
        self.assertEqual(self.cache.state, "ok")
        self.cache.close(math.inf)
        self.assertEqual(self.cache.state, "closed")

    def test_a_queue_is_kept_for_who_is_about_to_wait_on_it(self):
        events = self.cache.events()
        library = ClosedBetween(events)
        self.assertEqual(list(events), [])
        self.assertEqual(library.waits, 1)
        self.assertFalse(events._queue._finalizer.alive)
        with self.assertRaises(tapps.ClosedError):
            events.get()

    def test_events_end_with_the_cache(self):
        events, seen = self.cache.events(), []
        breaker = self.cache.breaker("b")
        reading = threading.Thread(target=lambda: seen.extend(events))
        reading.start()
        breaker.force("open")
        self.cache.close()
        reading.join(20)
        self.assertFalse(reading.is_alive())
        self.assertEqual([event.data["name"] for event in seen], ["b"])


class Lifetimes(CacheTest):
    def test_a_permit_keeps_its_breaker_and_that_its_cache(self):
        cache = tapps.open(":memory:")
        breaker = cache.breaker("b")
        kept = weakref.ref(breaker), weakref.ref(cache)
        permit = breaker.acquire()
        del breaker, cache
        gc.collect()
        self.assertNotIn(None, [reference() for reference in kept])
        permit.success()
        self.assertEqual(kept[0]().read().successes, 1)
        kept[0]().acquire(wait=1).success()

    def test_a_plan_keeps_its_cache(self):
        plan = tapps.open(":memory:").plan(self.folder)
        gc.collect()
        self.assertEqual(plan._cache.state, "memory")
        self.assertEqual(plan.run().result(20).total, 0)

    def test_a_view_outlives_the_entry_and_the_cache(self):
        self.cache.put("a", b"x" * 1000)
        view = self.cache.view("a")
        self.assertTrue(view.readonly)
        self.cache.delete("a")
        self.cache.close()
        gc.collect()
        self.assertEqual(bytes(view), b"x" * 1000)
        self.assertIsNone(tapps.open(":memory:").view("a"))

    def test_an_empty_value_has_a_view(self):
        self.cache.put("a", b"")
        self.assertEqual(bytes(self.cache.view("a")), b"")

    def test_caches_and_what_came_of_them_go_in_any_order(self):
        cache = tapps.open(self.folder / "second.db")
        breaker = cache.breaker("b")
        events = cache.events("state")
        walk = cache.entries()
        cache.put("a", "x")
        next(walk)
        gone = weakref.ref(cache)
        cache.close()
        del cache
        gc.collect()
        self.assertEqual(breaker.read().state, "closed")
        del walk, events, breaker
        gc.collect()
        self.assertIsNone(gone())

    def test_memory_stays_flat_over_many_operations(self):
        def work(count):
            for n in range(count):
                self.cache.put(b"k%d" % (n % 50), b"v" * 500)
                self.cache.get(b"k%d" % (n % 50))
                self.cache.get(b"missing")
                if n % 20 == 0:
                    self.cache.get_many([b"k1", b"k2", b"x"])
                    self.cache.entry(b"k1")
                    self.cache.view(b"k1")
                    try:
                        self.cache.get(b"")
                    except tapps.InvalidError:
                        pass
            gc.collect()

        def resident():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * resource.getpagesize()

        work(10_000)
        self.cache.flush()
        before = resident()
        work(40_000)
        self.cache.flush()
        self.assertLess(resident() - before, 8 << 20)

    def test_threads_share_a_cache(self):
        problems = []

        def work(number):
            for n in range(500):
                key, value = f"{number}/{n % 10}", f"{number}:{n}"
                self.cache.put(key, value)
                if self.cache.get(key) != value.encode():
                    problems.append(key)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(problems, [])


def in_child(cache, path, answers):
    try:
        cache.get("a")
        answers.put("used what it inherited")
    except tapps.ForkedError as error:
        answers.put(error.name)
    try:
        tapps.open(path)
        answers.put("opened what was open")
    except tapps.ForkedError as error:
        answers.put(error.name)


def in_spawned(path, answers):
    with tapps.open(path) as cache:
        answers.put(cache.get("a"))


class Processes(CacheTest):
    def test_a_forked_child_is_told_and_a_spawned_one_shares_the_file(self):
        self.cache.put("a", "from the parent", durability="sync")
        fork = multiprocessing.get_context("fork")
        answers = fork.Queue()
        child = fork.Process(target=in_child, args=(self.cache, self.cache.path, answers))
        child.start()
        self.assertEqual([answers.get(timeout=20), answers.get(timeout=20)], ["FORKED"] * 2)
        child.join(20)
        self.assertEqual(child.exitcode, 0)

        spawn = multiprocessing.get_context("spawn")
        answers = spawn.Queue()
        child = spawn.Process(target=in_spawned, args=(self.cache.path, answers))
        child.start()
        self.assertEqual(answers.get(timeout=30), b"from the parent")
        child.join(20)
        self.assertEqual(child.exitcode, 0)
        self.assertEqual(self.cache.get("a"), b"from the parent")

    def test_a_program_may_end_without_closing(self):
        code = """
import sys, tapps
cache = tapps.open(sys.argv[1])
cache.put("a", "x", durability="sync")
run = cache.events()
cache.breaker("b").acquire()
"""
        done = run(code, str(self.folder / "other.db"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))


INTERRUPTED = """
import os, signal, socket, sys, threading, time
import tapps

cache = tapps.open(sys.argv[1])
silent = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
breaker = cache.breaker("b", max_concurrency=1)
permit = breaker.acquire()
loading, end = threading.Event(), threading.Event()

def slow(key):
    loading.set()
    end.wait(60)
    return "made"

other = threading.Thread(target=cache.load, args=("k", slow))
other.start()
loading.wait(60)
calls = {
    "load": lambda: cache.load("k", lambda key: "mine"),
    "fetch": lambda: cache.fetch(url),
    "docs": lambda: cache.docs("left-pad", url_template=url + "{library}"),
    "acquire": lambda: breaker.acquire(wait=60),
}
for name, call in calls.items():
    began = time.monotonic()
    try:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        call()
    except KeyboardInterrupt:
        print(name, "ended" if time.monotonic() - began < 8 else "ended late", flush=True)
end.set()
other.join()
permit.success()
breaker.acquire(wait=60).success()
print(cache.load("k", lambda key: "mine").decode(), cache.breaker("b").read().in_flight)
cache.close()
"""


class Interrupts(CacheTest):
    def test_a_call_that_waits_ends_with_ctrl_c_and_leaves_nothing_behind(self):
        done = run(INTERRUPTED, str(self.folder / "other.db"))
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [f"{name} ended" for name in ("load", "fetch", "docs", "acquire")]
        self.assertEqual(done.stdout.splitlines(), [*lines, "made 0"], done.stderr)


if __name__ == "__main__":
    unittest.main()
