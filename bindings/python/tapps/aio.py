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
import os
from typing import TYPE_CHECKING, Any, AsyncIterator, Callable, Iterable, TypeVar

from . import _declarations as d
from . import _options as opt
from . import types
from ._loader import functions
from ._native import Bytes, Duration, Value, bytes_of, micros, text_of
from .breaker import Breaker
from .cache import Cache
from .errors import CancelledError, ClosedError, NotFoundError, WouldBlockError
from .queue import Plan, Queue, Record, event, event_bits

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")

_ENTRIES_AT_ONCE = 256


class _Pending:
    __slots__ = ("future", "convert", "on_progress")

    def __init__(
        self,
        future: asyncio.Future[Any],
        convert: Callable[[Value], Any],
        on_progress: Callable[[types.Progress], None] | None,
    ) -> None:
        self.future, self.convert, self.on_progress = future, convert, on_progress


class _Reactor:
    """One queue watched by one event loop; used on the thread of that loop only."""

    def __init__(self, cache: Any) -> None:
        self.queue = Queue(cache)
        self._pending: dict[int, _Pending] = {}
        self._loop = asyncio.get_running_loop()
        self._fd = self.queue.fileno()
        self._loop.add_reader(self._fd, self._drain)
        self.on_event: Callable[[types.Event], None] | None = None

    def submit(
        self,
        convert: Callable[[Value], T],
        function: Any,
        *arguments: Any,
        on_progress: Callable[[types.Progress], None] | None = None,
    ) -> asyncio.Future[T]:
        op = self.queue.submit(function, *arguments)
        future: asyncio.Future[T] = self._loop.create_future()
        self._pending[op] = _Pending(future, convert, on_progress)

        def ended(done: asyncio.Future[T]) -> None:
            if done.cancelled() and self._pending.pop(op, None) is not None:
                self.queue.cancel(op)

        future.add_done_callback(ended)
        return future

    def close(self) -> None:
        self._drain()
        self._loop.remove_reader(self._fd)
        for op, pending in list(self._pending.items()):
            del self._pending[op]
            if not pending.future.done():
                pending.future.set_exception(ClosedError(d.E_CLOSED, "the cache was closed"))
        self.queue.close()

    def _drain(self) -> None:
        for record in self.queue.drain():
            if record.kind == d.EVENT_PROGRESS:
                running = self._pending.get(record.op)
                if running and running.on_progress:
                    running.on_progress(types.progress(record.value.bytes()))
            elif record.op == 0:
                if self.on_event:
                    self.on_event(event(record))
            else:
                pending = self._pending.pop(record.op, None)
                if pending and not pending.future.done():
                    _settle(pending, record)


def _settle(pending: _Pending, record: Record) -> None:
    if isinstance(record.error, CancelledError):  # not by us: we forget what we cancel
        pending.future.set_exception(ClosedError(d.E_CLOSED, "the cache was closed"))
    elif record.error is not None:
        pending.future.set_exception(record.error)
    else:
        try:
            pending.future.set_result(pending.convert(record.value))
        except Exception as error:  # what the library sent could not be read
            pending.future.set_exception(error)


class AsyncCache:
    """An open cache. All calls on one event loop, the one that opened it."""

    def __init__(self, cache: Cache) -> None:
        #: The same cache for calls that wait.
        self.sync = cache
        self._lib = functions()
        self._reactor: _Reactor | None = None
        self._events: list[_Reactor] = []

    def _submit(self, convert: Callable[[Value], T], function: Any, *arguments: Any,
                **named: Any) -> asyncio.Future[T]:  # fmt: skip
        if self._reactor is None:
            self._reactor = _Reactor(self.sync._handle)
        return self._reactor.submit(convert, function, *arguments, **named)

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
        found = await self._find(key, namespace, allow_stale, peek, Value.bytes)
        return default if found is None else found

    async def entry(
        self,
        key: Bytes,
        *,
        namespace: str | None = None,
        allow_stale: bool = False,
        peek: bool = False,
    ) -> types.Entry | None:
        """The value with all that is known about it, or None."""
        return await self._find(key, namespace, allow_stale, peek, types.entry)

    async def _find(
        self,
        key: Bytes,
        namespace: str | None,
        allow_stale: bool,
        peek: bool,
        convert: Callable[[Value], T],
    ) -> T | None:
        name, options = bytes_of(key, "key"), opt.get_options(allow_stale, peek, False)
        space = text_of(namespace, "namespace")
        try:
            get = self._lib.tapps_queue_get
            return await self._submit(convert, get, space, name, len(name), options)
        except NotFoundError:
            return None

    async def put(
        self,
        key: Bytes,
        value: Bytes,
        *,
        namespace: str | None = None,
        **options: Unpack[opt.PutOptions],
    ) -> None:
        """Returns when the durability asked for is reached."""
        name, data = bytes_of(key, "key"), bytes_of(value)
        native = opt.put_options(options)
        space = text_of(namespace, "namespace")
        put = self._lib.tapps_queue_put
        await self._submit(_nothing, put, space, name, len(name), data, len(data), native)

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
        **options: Unpack[opt.PutOptions],
    ) -> None:
        """As Cache.put_many."""
        pairs = list(entries)
        await asyncio.to_thread(self.sync.put_many, pairs, namespace=namespace, **options)

    async def delete(
        self, key: Bytes, *, namespace: str | None = None, durability: str = "async"
    ) -> None:
        await asyncio.to_thread(
            self.sync.delete, key, namespace=namespace, durability=durability
        )

    async def delete_all(
        self,
        *,
        namespace: str | None = "default",
        prefix: Bytes | None = None,
        tag: str | None = None,
    ) -> int:
        return await asyncio.to_thread(
            self.sync.delete_all, namespace=namespace, prefix=prefix, tag=tag
        )

    async def touch(
        self, key: Bytes, ttl: Duration | None = None, *, namespace: str | None = None
    ) -> None:
        await asyncio.to_thread(self.sync.touch, key, ttl, namespace=namespace)

    async def flush(self, timeout: Duration | None = None) -> None:
        await self._submit(_nothing, self._lib.tapps_queue_flush, micros(timeout, "timeout"))

    async def entries(
        self, *, namespace: str | None = "default", prefix: Bytes = b""
    ) -> AsyncIterator[types.ListedEntry]:
        """Committed entries in no particular order."""
        walk = self.sync.entries(namespace=namespace, prefix=prefix)

        def some() -> list[types.ListedEntry]:
            return [entry for entry, _ in zip(walk, range(_ENTRIES_AT_ONCE))]

        while True:
            page = await asyncio.to_thread(some)
            for entry in page:
                yield entry
            if len(page) < _ENTRIES_AT_ONCE:
                return

    # ---- fetch, documentation, warming, breakers

    async def fetch(self, url: str, **options: Unpack[opt.FetchOptions]) -> types.Response:
        """As Cache.fetch."""
        native, address = opt.fetch_options(options), text_of(url, "url")
        return await self._submit(types.response, self._lib.tapps_queue_fetch, address, native)

    async def docs(self, library: str, **options: Unpack[opt.DocsOptions]) -> types.Document:
        """As Cache.docs."""
        native, name = opt.docs_options(options), text_of(library, "library")
        return await self._submit(types.document, self._lib.tapps_queue_docs, name, native)

    async def plan(
        self, root: str | os.PathLike[str], **options: Unpack[opt.WarmOptions]
    ) -> Plan:
        """What warm() would look up for a project."""
        return await asyncio.to_thread(self.sync.plan, root, **options)

    async def warm(
        self,
        root: str | os.PathLike[str],
        *,
        on_progress: Callable[[types.Progress], None] | None = None,
        **options: Unpack[opt.WarmOptions],
    ) -> types.WarmResult:
        """Looks up the documentation of every library a project uses."""
        plan = await self.plan(root, **options)
        return await self._submit(
            lambda value: types.warm_result(value.bytes()),
            self._lib.tapps_queue_warm,
            plan.handle,
            on_progress=on_progress,
        )

    def breaker(self, name: str, **options: Unpack[opt.BreakerOptions]) -> Breaker:
        """As Cache.breaker; see Breaker.execute_async and its use as a decorator."""
        return self.sync.breaker(name, **options)

    async def events(self, *kinds: str) -> AsyncIterator[types.Event]:
        """Events of the kinds "breaker" and "state", until the cache is closed."""
        bits = event_bits(kinds)
        reactor = _Reactor(self.sync._handle)
        self._events.append(reactor)
        waiting: asyncio.Queue[types.Event] = asyncio.Queue()
        reactor.on_event = waiting.put_nowait
        try:
            reactor.queue.subscribe(bits)
            while True:
                yield await waiting.get()
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


def _nothing(_: Value) -> None:
    return None


class _Opening:
    """await open(...), or async with open(...)."""

    def __init__(self, path: str | os.PathLike[str] | None, options: opt.OpenOptions) -> None:
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
    path: str | os.PathLike[str] | None = None, **options: Unpack[opt.OpenOptions]
) -> _Opening:
    """As tapps.open, for `async with` or `await`."""
    return _Opening(path, options)
