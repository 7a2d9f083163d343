"""The peer of the contract cases (tests/contract/README.md): peer.py [--aio]."""

import asyncio
import concurrent.futures
import functools
import inspect
import json
import sys
import time
import urllib.parse

import tapps
import tapps.aio


class Lack(Exception):
    pass


class LoaderFailed(Exception):
    pass


class Peer:
    def __init__(self, aio):
        self.loop = asyncio.new_event_loop() if aio else None
        self.module = tapps.aio if aio else tapps
        self.cache = None
        self.breakers = {}
        self.permits = {}

    def wait(self, result):
        """The result of a call of either form."""
        if not inspect.isawaitable(result):
            return result

        async def run():
            return await result

        return self.loop.run_until_complete(run())

    def call(self, name, *arguments, **named):
        return self.wait(getattr(self.cache, name)(*arguments, **named))

    def answer(self, form):
        verb = form.pop("do")[0]
        self.form = form
        method = getattr(self, f"do_{verb}", None)
        if method is None:
            return [("lack", "1")]
        try:
            return [("code", "OK"), *(method() or [])]
        except tapps.Error as error:
            return [("code", error.name), ("message", str(error))]
        except LoaderFailed:
            return [("code", "LOADER")]

    def text(self, name, default=None):
        return self.form[name][0] if name in self.form else default

    def bytes(self, name):
        return [bytes.fromhex(text) for text in self.form.get(name, [])]

    def key(self):
        return self.bytes("key")[0]

    def space(self):
        return {"namespace": self.text("space")} if "space" in self.form else {}

    def options(self, *names):
        found = {}
        for name in names:
            if name.endswith("_ms") and name in self.form:
                found[name[:-3]] = int(self.text(name)) / 1000
            elif name in self.form:
                text = self.text(name)
                found[name] = True if text == "1" else text
        return found

    def numbers(self, *names):
        return {name: int(self.text(name)) for name in names if name in self.form}

    def do_open(self):
        options = self.options("read_only", "offline", "ttl_ms", "policy", "deny_private",
                               "shared_http", "keep_set_cookie")  # fmt: skip
        options.update(self.numbers("memory_bytes", "preload_bytes", "disk_entries"))
        if "no_proxy" in self.form:
            options["no_proxy"] = self.text("no_proxy").split(",")
        if "secret_name" in self.form:
            options["secret_names"] = self.form["secret_name"]
        self.cache = self.wait(self.module.open(self.text("path"), **options))

    def do_close(self):
        if self.cache is not None:
            self.call("close")

    def do_state(self):
        return [("state", self.cache.state)]

    def do_path(self):
        return [("path", self.cache.path)]

    def do_get(self):
        options = self.options("cached_only", "allow_stale", "peek")
        if options.pop("cached_only", False):
            cache = getattr(self.cache, "sync", self.cache)
            found = cache.get(self.key(), cached_only=True, **self.space())
        else:
            found = self.call("get", self.key(), **self.space(), **options)
        if found is None:
            return [("code", "NOT_FOUND")]
        return [("value", found.hex())]

    def do_entry(self):
        options = self.options("allow_stale", "peek")
        options["negative"] = "show_negative" in self.form
        found = self.call("entry", self.key(), **self.space(), **options)
        if found is None:
            return [("code", "NOT_FOUND")]
        return [
            ("value", found.value.hex()),
            ("version", found.version),
            ("stale", int(found.stale)),
            ("negative", int(found.negative)),
            ("content_type", found.content_type or ""),
            ("source", found.source or ""),
            *(("tag", tag) for tag in found.tags),
            ("json", json.dumps(found.json)),
            ("served_from", found.served_from),
        ]

    def do_get_many(self):
        found = self.call("get_many", self.bytes("key"), **self.space())
        return [("item", "-" if value is None else f"={value.hex()}") for value in found]

    def put_options(self):
        options = self.options("ttl_ms", "stale_ms", "durability", "negative", "sliding",
                               "content_type", "source", "json")  # fmt: skip
        if "tag" in self.form:
            options["tags"] = self.form["tag"]
        return {**options, **self.space()}

    def do_put(self):
        self.call("put", self.key(), self.bytes("value")[0], **self.put_options())

    def do_put_many(self):
        pairs = zip(self.bytes("key"), self.bytes("value"))
        self.call("put_many", pairs, **self.put_options())

    def do_delete(self):
        self.call("delete", self.key(), **self.space())

    def filter(self):
        options = self.space()
        if "all_spaces" in self.form:
            options["namespace"] = None
        prefix = self.bytes("prefix")
        return {**options, "prefix": prefix[0] if prefix else None, "tag": self.text("tag")}

    def do_delete_all(self):
        return [("count", self.call("delete_all", **self.filter()))]

    def do_count(self):
        found = self.call("count", **self.filter())
        return [("count", found.entries), ("bytes", found.bytes)]

    def do_contains(self):
        version = self.call("version", self.key(), **self.space())
        assert self.call("contains", self.key(), **self.space()) == (version > 0)
        return [("version", version)] if version else [("code", "NOT_FOUND")]

    def do_swap(self):
        version, value = int(self.text("version")), self.bytes("value")[0]
        return [("version", self.call("swap", self.key(), version, value, **self.put_options()))]

    def do_load(self):
        runs = []

        def loader(key):
            runs.append(key)
            if "fail" in self.form:
                raise LoaderFailed
            return self.bytes("value")[0]

        def slow_loader(key):
            time.sleep(0.05)
            return loader(key)

        async def slow_loader_async(key):
            await asyncio.sleep(0.05)
            return loader(key)

        callers = int(self.text("at_once", "0"))
        if callers and self.loop:
            found = self.wait(self.several(callers, slow_loader_async))
        elif callers:
            with concurrent.futures.ThreadPoolExecutor(callers) as pool:
                load = functools.partial(self.cache.load, self.key(), slow_loader)
                found = list(pool.map(lambda _: load(**self.put_options()), range(callers)))
        else:
            found = [self.call("load", self.key(), loader, **self.put_options())]
        if None in found:
            return [("code", "NOT_FOUND")]
        return [*(("value", value.hex()) for value in found), ("loads", len(runs))]

    async def several(self, callers, loader):
        load = functools.partial(self.cache.load, self.key(), loader, **self.put_options())
        return await asyncio.gather(*(load() for _ in range(callers)))

    def do_set_space(self):
        options = self.options("ttl_ms", "stale_ms", "negative_ttl_ms")
        self.cache.set_namespace(self.text("space"), **options)

    def do_survey(self):
        return [("json", json.dumps(self.call("survey")))]

    def do_check(self):
        return [("json", json.dumps(self.call("check", deep="deep" in self.form)))]

    def do_backup(self):
        self.call("backup", self.text("path"))

    def do_compact(self):
        return [("freed", self.call("compact"))]

    def do_set_offline(self):
        self.cache.set_offline(self.text("offline") == "1")

    def do_fetch_many(self):
        urls, options = self.form["url"], self.numbers("parallel")
        results = self.cache.fetch_many(urls, in_order=True, **options)
        if self.loop:

            async def collect():
                return [result async for result in results]

            results = self.wait(collect())
        results = list(results)
        assert [result.url for result in results] == urls
        bodies = (result.response and result.response.body.hex() for result in results)
        return [("item", "-" if body is None else f"={body}") for body in bodies]

    def do_touch(self):
        self.call("touch", self.key(), int(self.text("ttl_ms")) / 1000, **self.space())

    def do_flush(self):
        self.call("flush")

    def do_entries(self):
        prefix = self.bytes("prefix")
        walk = self.cache.entries(prefix=prefix[0] if prefix else b"", **self.space())
        if self.loop:

            async def collect():
                return [entry async for entry in walk]

            walk = self.wait(collect())
        return [("key", entry.key.hex()) for entry in walk]

    def do_stats(self):
        return [("json", json.dumps(self.cache.stats()))]

    def do_fetch(self):
        options = self.options("method", "timeout_ms", "ttl_ms", "first_byte_ms", "deny_private")
        options.update(self.numbers("retries"))
        if "policy" in self.form:
            options["policy"] = self.text("policy").replace("_", "-")
        if "headers" in self.form:
            lines = self.text("headers").splitlines()
            options["headers"] = dict(line.split(": ", 1) for line in lines)
        if "body" in self.form:
            options["body"] = self.bytes("body")[0]
        if "cancel" in self.form:
            return self.cancelled_fetch()
        found = self.call("fetch", self.text("url"), **options)
        return [
            ("status", found.status),
            ("value", found.body.hex()),
            ("served_from", found.served_from),
            ("stale", int(found.stale)),
        ]

    def cancelled_fetch(self):
        if not self.loop:
            raise NotImplementedError

        async def run():
            task = asyncio.ensure_future(self.cache.fetch(self.text("url")))
            await asyncio.sleep(0)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                return [("code", "CANCELLED")]

        return self.wait(run())

    def do_docs(self):
        found = self.call(
            "docs", self.text("library"), **self.options("topic", "project_root")
        )
        return [
            ("value", found.text.encode().hex()),
            ("library", found.library),
            ("version", found.version),
            ("ecosystem", found.ecosystem),
        ]

    def do_plan(self):
        plan = self.call("plan", self.text("root"))
        assert len(plan) == len(plan.description["items"])
        return [("json", json.dumps(plan.description))]

    def do_warm(self):
        if self.loop:
            seen = []
            result = self.call("warm", self.text("root"), on_progress=seen.append)
        else:
            run = self.cache.warm(self.text("root"))
            seen = list(run)
            result = run.result()
        return [("json", json.dumps(result.raw)), ("progress", int(bool(seen)))]

    def do_breaker_open(self):
        options = self.numbers("failures", "max_concurrency", "max_waiting", "failure_rate",
                               "slow_rate", "window_calls", "min_calls", "retries")  # fmt: skip
        for name in ("open", "slow", "retry", "max_retry"):
            if f"{name}_ms" in self.form:
                options[f"{name}_time"] = int(self.text(f"{name}_ms")) / 1000
        name = self.text("name")
        self.breakers[name] = self.cache.breaker(name, **options)
        self.permits[name] = []

    def do_breaker_acquire(self):
        breaker, wait = self.breakers[self.text("name")], int(self.text("wait_ms", "0")) / 1000
        permit = self.wait(breaker.acquire_async(wait)) if self.loop else breaker.acquire(wait)
        self.permits[self.text("name")].append(permit)

    def do_breaker_report(self):
        permit = self.permits[self.text("name")].pop(0)
        getattr(permit, {"ignored": "ignore"}.get(self.text("outcome"), self.text("outcome")))()

    def do_breaker_limit(self):
        within = int(self.text("within_ms")) / 1000
        self.breakers[self.text("name")].limit(int(self.text("calls")), within)

    def do_breaker_retry(self):
        breaker = self.breakers[self.text("name")]
        delay = breaker.retry_delay(int(self.text("attempt")), int(self.text("status")))
        return [("delay_ms", delay * 1000)]

    def do_breaker_call(self):
        outcome = self.text("outcome")

        def operation():
            if outcome == "failure":
                raise OSError
            if outcome == "ignored":
                raise KeyboardInterrupt

        async def operation_async():
            operation()

        breaker = self.breakers[self.text("name")]
        try:
            if self.loop:
                self.wait(breaker.execute_async(operation_async))
            else:
                breaker.execute(operation)
        except (OSError, KeyboardInterrupt):
            pass

    def do_breaker_force(self):
        self.breakers[self.text("name")].force(self.text("mode"))

    def do_breaker_read(self):
        found = self.breakers[self.text("name")].read()
        names = ("state", "failures", "successes", "rejected")
        return [(name, getattr(found, name)) for name in names]

    def do_event(self):
        breaker = self.cache.breaker(self.text("name"))
        if not self.loop:
            with self.cache.events("breaker") as events:
                breaker.force("open")
                return [("json", json.dumps(events.get(timeout=10).data))]

        async def first():
            events = self.cache.events("breaker")
            waiting = asyncio.ensure_future(events.__anext__())
            await asyncio.sleep(0)
            breaker.force("open")
            found = await asyncio.wait_for(waiting, 10)
            await events.aclose()
            return found

        return [("json", json.dumps(self.wait(first()).data))]


def main():
    peer = Peer("--aio" in sys.argv)
    for line in sys.stdin.buffer:
        form = urllib.parse.parse_qs(line.decode().strip(), keep_blank_values=True)
        try:
            answer = peer.answer(form)
        except NotImplementedError:
            answer = [("lack", "1")]
        except Exception as error:  # a defect: shown to the player
            answer = [("code", "EXCEPTION"), ("message", repr(error))]
        codes = [value for name, value in answer if name == "code"]
        rest = [pair for pair in answer if pair[0] != "code"]
        fields = [("code", codes[-1]), *rest] if codes else rest
        print(urllib.parse.urlencode(fields), flush=True)


main()
