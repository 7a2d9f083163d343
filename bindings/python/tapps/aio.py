"""The cache for asyncio.

    import asyncio, tapps.aio

    async def main():
        async with tapps.aio.open() as cache:
            await cache.put("greeting", "hello")
            print(await cache.get("greeting"))

    asyncio.run(main())

What is in memory is answered at once; what is not is waited for through the descriptor of a
completion queue, so that no thread of Python is needed. A cancelled task cancels its operation.
Calls that the library offers without a completion run in the loop's executor.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
from typing import TYPE_CHECKING, Any, AsyncIterator, Awaitable, Callable, Iterable, TypeVar

from . import _declarations as d
from . import _option_types as kinds
from . import _options as opt
from . import types
from ._loader import functions
from ._native import Bytes, Duration, Value, bytes_of, count, micros, path_of, text_of
from ._reactor import Convert, Reactor, nothing, number, of, owned, whole
from .breaker import Breaker
from .cache import Cache
from .errors import Error, NotFoundError, WouldBlockError
from .queue import Plan, event_bits, fetch_result

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")

_ENTRIES_AT_ONCE = 256


class AsyncCache:
    """An open cache. All calls on one event loop, the one that opened it."""

    def __init__(self, cache: Cache) -> None:
        #: The same cache for calls that wait.
        self.sync = cache
        self._lib = functions()
        self._reactor: Reactor | None = None
        self._events: list[Reactor] = []
        self._refreshing: set[asyncio.Future[Any]] = set()

    def _queue(self) -> Reactor:
        if self._reactor is None:
            self._reactor = Reactor(self.sync._handle)
        return self._reactor

    def _submit(self, convert: Convert[T], function: Any, *arguments: Any,
                **named: Any) -> asyncio.Future[T]:  # fmt: skip
        return self._queue().submit(convert, function, *arguments, **named)

    # ---- entries

    async def get(
        self,
        key: Bytes,
        default: T | None = None,
        *,
        namespace: str | None = None,
        allow_stale: bool = False,
        peek: bool = False,
    ) -> bytes | T | None:
        """The value, or `default`; at once when it is in memory."""
        try:
            return self.sync.get(
                key,
                default,
                namespace=namespace,
                allow_stale=allow_stale,
                peek=peek,
                cached_only=True,
            )
        except WouldBlockError:
            pass
        flags = {"allow_stale": allow_stale, "peek": peek}
        found = await self._find(key, namespace, flags, Value.bytes)
        return default if found is None else found

    async def entry(
        self,
        key: Bytes,
        *,
        namespace: str | None = None,
        allow_stale: bool = False,
        peek: bool = False,
        negative: bool = False,
    ) -> types.Entry | None:
        """The value with all that is known about it, or None. negative: also entries that
        remember "not found"."""
        flags = {"allow_stale": allow_stale, "peek": peek, "negative": negative}
        return await self._find(key, namespace, flags, types.entry)

    async def _find(
        self,
        key: Bytes,
        namespace: str | None,
        flags: dict[str, bool],
        convert: Callable[[Value], T],
    ) -> T | None:
        name, options = bytes_of(key, "key"), opt.get_options(**flags)
        space = text_of(namespace, "namespace")
        try:
            get = self._lib.tapps_queue_get
            return await self._submit(of(convert), get, space, name, len(name), options)
        except NotFoundError:
            return None

    async def put(
        self,
        key: Bytes,
        value: Bytes,
        *,
        namespace: str | None = None,
        **options: Unpack[kinds.PutOptions],
    ) -> None:
        """Returns when the durability asked for is reached."""
        name, data = bytes_of(key, "key"), bytes_of(value)
        native = opt.put_options(options)
        space = text_of(namespace, "namespace")
        put = self._lib.tapps_queue_put
        await self._submit(nothing, put, space, name, len(name), data, len(data), native)

    async def get_many(
        self, keys: Iterable[Bytes], **options: Any
    ) -> list[bytes | None]:
        """As Cache.get_many."""
        names = list(keys)
        return await asyncio.to_thread(self.sync.get_many, names, **options)

    async def put_many(
        self,
        entries: Iterable[tuple[Bytes, Bytes]],
        *,
        namespace: str | None = None,
        **options: Unpack[kinds.PutOptions],
    ) -> None:
        """As Cache.put_many."""
        pairs = list(entries)
        await asyncio.to_thread(self.sync.put_many, pairs, namespace=namespace, **options)

    async def version(self, key: Bytes, *, namespace: str | None = None) -> int:
        """As Cache.version."""
        name, space = bytes_of(key, "key"), text_of(namespace, "namespace")
        contains = self._lib.tapps_queue_contains
        try:
            return await self._submit(number, contains, space, name, len(name))
        except NotFoundError:
            return 0

    async def contains(self, key: Bytes, *, namespace: str | None = None) -> bool:
        """As Cache.contains."""
        return await self.version(key, namespace=namespace) != 0

    async def swap(
        self,
        key: Bytes,
        version: int,
        value: Bytes,
        *,
        namespace: str | None = None,
        **options: Unpack[kinds.PutOptions],
    ) -> int:
        """As Cache.swap."""
        name, data, native = bytes_of(key, "key"), bytes_of(value), opt.put_options(options)
        arguments = text_of(namespace, "namespace"), name, len(name), version, data, len(data)
        return await self._submit(number, self._lib.tapps_queue_swap, *arguments, native)

    async def load(
        self,
        key: Bytes,
        loader: Callable[[Bytes], Bytes | None | Awaitable[Bytes | None]],
        *,
        namespace: str | None = None,
        load: kinds.LoadOptions | None = None,
        **options: Unpack[kinds.PutOptions],
    ) -> bytes | None:
        """As Cache.load; loader may be a coroutine function. A stale value is answered at once,
        while its successor is loaded in a task."""
        name, space = bytes_of(key, "key"), text_of(namespace, "namespace")
        native, put = opt.load_options(load or {}), opt.put_options(options)
        try:
            asked = self._submit(whole, self._lib.tapps_queue_load, space, name, len(name),
                                 native, give_back=self.sync._abandon)  # fmt: skip
            record = await owned(asked, self.sync._abandon)
        except NotFoundError:
            return None
        data = record.value.bytes_or_none()
        if not record.number:
            return data
        loading = self._run_loader(record.number, key, loader, put)
        if data is None:
            return await loading
        refresh = asyncio.ensure_future(loading)
        self._refreshing.add(refresh)  # the loop holds tasks weakly
        refresh.add_done_callback(self._refreshed)
        return data

    async def _run_loader(
        self, lease: int, key: Bytes, loader: Callable[[Bytes], Any], put: Any
    ) -> bytes | None:
        try:
            made = loader(key)
            if inspect.isawaitable(made):
                made = await made
            data = None if made is None else bytes_of(made)
        except BaseException:
            self.sync._abandon(lease)
            raise
        if data is None:
            self.sync._abandon(lease)
        else:  # whatever becomes of this task: others wait for the value
            await asyncio.shield(asyncio.to_thread(self.sync._finish, lease, data, put))
        return data

    def _refreshed(self, task: asyncio.Future[Any]) -> None:
        self._refreshing.discard(task)
        if not task.cancelled():
            task.exception()  # what is there is good for now; the next caller tries again

    async def delete(
        self, key: Bytes, *, namespace: str | None = None, durability: str = "async"
    ) -> None:
        """As Cache.delete."""
        name, space = bytes_of(key, "key"), text_of(namespace, "namespace")
        level = opt.choice(opt.DURABILITY, "durability", durability)
        delete = self._lib.tapps_queue_delete
        await self._submit(nothing, delete, space, name, len(name), level)

    async def delete_all(
        self,
        *,
        namespace: str | None = "default",
        prefix: Bytes | None = None,
        tag: str | None = None,
    ) -> int:
        """As Cache.delete_all."""
        filter_ = opt.filter_of(namespace, prefix, tag)
        return await self._submit(number, self._lib.tapps_queue_delete_all, filter_)

    async def count(
        self,
        *,
        namespace: str | None = "default",
        prefix: Bytes | None = None,
        tag: str | None = None,
    ) -> types.Count:
        """As Cache.count."""
        filter_ = opt.filter_of(namespace, prefix, tag)
        return await self._submit(
            lambda record: types.Count(record.number, record.bytes),
            self._lib.tapps_queue_count,
            filter_,
        )

    async def touch(
        self, key: Bytes, ttl: Duration | None = None, *, namespace: str | None = None
    ) -> None:
        """As Cache.touch."""
        name, space = bytes_of(key, "key"), text_of(namespace, "namespace")
        lifetime = micros(ttl, "ttl", infinite=d.NONE)
        touch = self._lib.tapps_queue_touch
        await self._submit(nothing, touch, space, name, len(name), lifetime)

    def set_namespace(self, namespace: str, **defaults: Unpack[kinds.SpaceOptions]) -> None:
        """As Cache.set_namespace."""
        self.sync.set_namespace(namespace, **defaults)

    async def flush(self, timeout: Duration | None = None) -> None:
        await self._submit(nothing, self._lib.tapps_queue_flush, micros(timeout, "timeout"))

    async def entries(
        self, *, namespace: str | None = "default", prefix: Bytes = b""
    ) -> AsyncIterator[types.ListedEntry]:
        """Committed entries in no particular order."""
        walk = self.sync.entries(namespace=namespace, prefix=prefix)

        def some() -> list[types.ListedEntry]:
            return list(itertools.islice(walk, _ENTRIES_AT_ONCE))

        while True:
            page = await asyncio.to_thread(some)
            for entry in page:
                yield entry
            if len(page) < _ENTRIES_AT_ONCE:
                return

    # ---- fetch, documentation, warming, breakers

    async def fetch(self, url: str, **options: Unpack[kinds.FetchOptions]) -> types.Response:
        """As Cache.fetch."""
        native, address = opt.fetch_options(options), text_of(url, "url")
        return await self._submit(of(types.response), self._lib.tapps_queue_fetch, address, native)

    async def fetch_many(
        self,
        urls: Iterable[str],
        *,
        parallel: int | None = None,
        in_order: bool = False,
        **options: Unpack[kinds.FetchOptions],
    ) -> AsyncIterator[types.FetchResult]:
        """As Cache.fetch_many."""
        names, reactor = list(urls), self._queue()
        native = opt.fetch_options({**options, "in_order": in_order})
        ready: asyncio.Queue[types.FetchResult] = asyncio.Queue()

        def ended(index: int) -> Callable[[asyncio.Future[types.FetchResult]], None]:
            def one(done: asyncio.Future[types.FetchResult]) -> None:
                if not done.cancelled():
                    error = done.exception()
                    if isinstance(error, Error):
                        ready.put_nowait(types.FetchResult(index, names[index], None, error))
                    else:
                        ready.put_nowait(done.result())

            return one

        ops = reactor.queue.fetch_many(names, native, count(parallel, "parallel")) if names else []
        waiting = [reactor.wait_for(op, lambda record: fetch_result(names, record)) for op in ops]
        for index, future in enumerate(waiting):
            future.add_done_callback(ended(index))
        try:
            for _ in names:
                yield await ready.get()
        finally:
            for future in waiting:
                future.cancel()

    def set_offline(self, offline: bool) -> None:
        """As Cache.set_offline."""
        self.sync.set_offline(offline)

    async def docs(self, library: str, **options: Unpack[kinds.DocsOptions]) -> types.Document:
        """As Cache.docs."""
        native, name = opt.docs_options(options), text_of(library, "library")
        return await self._submit(of(types.document), self._lib.tapps_queue_docs, name, native)

    async def plan(
        self, root: str | os.PathLike[str], **options: Unpack[kinds.WarmOptions]
    ) -> Plan:
        """What warm() would look up for a project."""
        return await asyncio.to_thread(self.sync.plan, root, **options)

    async def warm(
        self,
        root: str | os.PathLike[str],
        *,
        on_progress: Callable[[types.Progress], None] | None = None,
        **options: Unpack[kinds.WarmOptions],
    ) -> types.WarmResult:
        """Looks up the documentation of every library a project uses."""
        plan = await self.plan(root, **options)
        return await self._submit(
            lambda record: types.warm_result(record.value.bytes()),
            self._lib.tapps_queue_warm,
            plan.handle,
            on_progress=on_progress,
        )

    def breaker(
        self,
        name: str,
        *,
        wait: Duration | None = None,
        **options: Unpack[kinds.BreakerOptions],
    ) -> Breaker:
        """As Cache.breaker; see Breaker.execute_async and its use as a decorator."""
        native = opt.breaker_options(options)
        return Breaker(self.sync, name, native, wait, self._wait_for_permit)

    async def _wait_for_permit(self, breaker: Breaker, wait_us: int) -> int:
        def give_back(permit: int) -> None:
            breaker._report(permit, d.OUTCOME_IGNORED)

        acquire = self._lib.tapps_queue_acquire
        asked = self._submit(whole, acquire, breaker._handle, wait_us, give_back=give_back)
        return (await owned(asked, give_back)).number

    async def events(self, *kinds: str) -> AsyncIterator[types.Event]:
        """Events of the kinds "breaker" and "state", until the cache is closed."""
        bits = event_bits(kinds)
        reactor = Reactor(self.sync._handle)
        self._events.append(reactor)
        waiting: asyncio.Queue[types.Event | None] = asyncio.Queue()
        reactor.on_event = waiting.put_nowait
        reactor.on_end = lambda: waiting.put_nowait(None)
        try:
            reactor.queue.subscribe(bits)
            while (found := await waiting.get()) is not None:
                yield found
        finally:
            if reactor in self._events:
                self._events.remove(reactor)
                reactor.close()

    # ---- the cache itself

    @property
    def path(self) -> str:
        return self.sync.path

    @property
    def state(self) -> str:
        return self.sync.state

    def stats(self) -> dict[str, Any]:
        return self.sync.stats()

    async def survey(self) -> dict[str, Any]:
        """As Cache.survey."""
        return await self._submit(of(Value.json), self._lib.tapps_queue_survey)

    async def check(self, *, deep: bool = False) -> dict[str, Any]:
        """As Cache.check."""
        flags = d.CHECK_DEEP if deep else 0
        return await self._submit(of(Value.json), self._lib.tapps_queue_check, flags)

    async def backup(self, path: str | os.PathLike[str]) -> None:
        """As Cache.backup."""
        where = path_of(path, "path")
        await self._submit(nothing, self._lib.tapps_queue_backup, where)

    async def compact(self, timeout: Duration | None = None) -> int:
        """As Cache.compact."""
        us = micros(timeout, "timeout")
        return await self._submit(number, self._lib.tapps_queue_compact, us)

    async def close(self, deadline: Duration | None = None) -> None:
        """Writes what is queued and closes; what is under way fails with ClosedError."""
        try:
            await asyncio.to_thread(self.sync.close, deadline)
        finally:
            for reactor in [self._reactor, *self._events]:
                if reactor is not None:
                    reactor.close()
            self._reactor, self._events = None, []

    async def __aenter__(self) -> AsyncCache:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _Opening:
    """await open(...), or async with open(...)."""

    def __init__(self, path: str | os.PathLike[str] | None, options: kinds.OpenOptions) -> None:
        self._path, self._options = path, options
        self._cache: AsyncCache | None = None

    async def _open(self) -> AsyncCache:
        self._cache = AsyncCache(await asyncio.to_thread(Cache, self._path, **self._options))
        return self._cache

    def __await__(self) -> Any:
        return self._open().__await__()

    async def __aenter__(self) -> AsyncCache:
        return await self._open()

    async def __aexit__(self, *_: object) -> None:
        if self._cache is not None:
            await self._cache.close()


def open(
    path: str | os.PathLike[str] | None = None, **options: Unpack[kinds.OpenOptions]
) -> _Opening:
    """As tapps.open, for `async with` or `await`."""
    return _Opening(path, options)
