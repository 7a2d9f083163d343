"""One completion queue watched by one event loop of asyncio."""

from __future__ import annotations

import asyncio
from typing import Any, Callable, TypeVar

from . import _declarations as d
from . import types
from ._native import Value
from .errors import CancelledError, ClosedError, ExistsError
from .queue import Queue, Record, event

T = TypeVar("T")

# What a record becomes.
Convert = Callable[[Record], T]


def of(convert: Callable[[Value], T]) -> Convert[T]:
    return lambda record: convert(record.value)


def nothing(_: Record) -> None:
    return None


def number(record: Record) -> int:
    return record.number


def whole(record: Record) -> Record:
    return record


async def owned(future: asyncio.Future[Record], give_back: Callable[[int], None]) -> Record:
    """The record of a future; gives its number back when the task is cancelled between the
    record's coming and its own next step."""
    try:
        return await future
    except asyncio.CancelledError:
        if not future.cancelled() and future.done() and future.exception() is None:
            number = future.result().number
            if number:
                give_back(number)
        raise


class _Pending:
    __slots__ = ("future", "convert", "on_progress", "give_back")

    def __init__(
        self,
        future: asyncio.Future[Any],
        convert: Convert[Any],
        on_progress: Callable[[types.Progress], None] | None,
        give_back: Callable[[int], None] | None,
    ) -> None:
        self.future, self.convert = future, convert
        self.on_progress, self.give_back = on_progress, give_back


class Reactor:
    """One queue watched by one event loop; used on the thread of that loop only."""

    def __init__(self, cache: Any) -> None:
        self.queue = Queue(cache)
        self._pending: dict[int, _Pending] = {}
        self._cancelled: dict[int, _Pending] = {}  # whose records are not here yet
        self._loop = asyncio.get_running_loop()
        self._fd = self.queue.fileno()
        self._loop.add_reader(self._fd, self._drain)
        self.on_event: Callable[[types.Event], None] | None = None
        self.on_end: Callable[[], None] | None = None

    def submit(
        self,
        convert: Convert[T],
        function: Any,
        *arguments: Any,
        on_progress: Callable[[types.Progress], None] | None = None,
        give_back: Callable[[int], None] | None = None,
    ) -> asyncio.Future[T]:
        """give_back is called with the number of a record that comes after a cancellation."""
        op = self.queue.submit(function, *arguments)
        return self.wait_for(op, convert, on_progress, give_back)

    def wait_for(
        self,
        op: int,
        convert: Convert[T],
        on_progress: Callable[[types.Progress], None] | None = None,
        give_back: Callable[[int], None] | None = None,
    ) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self._loop.create_future()
        self._pending[op] = _Pending(future, convert, on_progress, give_back)

        def ended(done: asyncio.Future[T]) -> None:
            pending = self._pending.pop(op, None) if done.cancelled() else None
            if pending is not None:
                self._cancelled[op] = pending
                self.queue.cancel(op)

        future.add_done_callback(ended)
        return future

    def close(self) -> None:
        while self._drain():
            pass
        self._loop.remove_reader(self._fd)
        for op, pending in list(self._pending.items()):
            del self._pending[op]
            if not pending.future.done():
                pending.future.set_exception(ClosedError(d.E_CLOSED, "the cache was closed"))
        self.queue.close()
        if self.on_end:
            self.on_end()

    def _drain(self) -> bool:
        """Hands out what is there, at most a batch; whether anything was."""
        records = self.queue.drain()
        for record in records:
            try:
                self._hand_out(record)
            except Exception as error:  # the program's own: the others get theirs all the same
                said = {"message": "a callback of tapps failed", "exception": error}
                self._loop.call_exception_handler(said)
        return bool(records)

    def _hand_out(self, record: Record) -> None:
        if record.kind == d.EVENT_PROGRESS:
            running = self._pending.get(record.op)
            if running and running.on_progress:
                running.on_progress(types.progress(record.value.bytes()))
        elif record.op == 0:
            if self.on_event:
                self.on_event(event(record))
        else:
            pending = self._pending.pop(record.op, None) or self._cancelled.pop(record.op, None)
            if pending is not None:
                _settle(pending, record)


def _settle(pending: _Pending, record: Record) -> None:
    if pending.future.done():  # cancelled
        if pending.give_back is not None and record.error is None and record.number:
            pending.give_back(record.number)
    elif isinstance(record.error, CancelledError):  # not by us: we forget what we cancel
        pending.future.set_exception(ClosedError(d.E_CLOSED, "the cache was closed"))
    elif record.error is not None:
        if isinstance(record.error, ExistsError):
            record.error.version = record.number
        pending.future.set_exception(record.error)
    else:
        try:
            pending.future.set_result(pending.convert(record))
        except Exception as error:  # what the library sent could not be read
            pending.future.set_exception(error)
