"""Completion queues: where asynchronous operations and events of the library report."""

from __future__ import annotations

import contextlib
import ctypes
import json as _json
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, Iterator

from . import _declarations as d
from . import types
from ._native import Duration, Value, call, call_value, fail, failure, micros, path_of, text_of
from ._loader import functions
from .errors import CancelledError, ClosedError, DeadlineError, Error, InvalidError

if TYPE_CHECKING:
    from .cache import Cache

_BATCH = 256
_SLICE_US = 100_000  # between two looks at Python's signals

EVENT_KINDS = {"breaker": d.EVENT_BREAKER, "state": d.EVENT_STATE}


class Record:
    """What a queue hands out. `error` is the failure of the operation, `value` its result."""

    __slots__ = ("op", "kind", "value", "error", "number", "bytes", "user_data")

    def __init__(self, raw: d.Record) -> None:
        self.op: int = raw.op
        self.kind: int = raw.kind
        self.value = Value(raw.value, raw.data, raw.size)
        self.error: Error | None = failure(raw.code, raw.error) if raw.code else None
        self.number: int = raw.number
        self.bytes: int = raw.bytes
        self.user_data: int = raw.user_data


class Queue:
    """A tapps_queue. Any threads, also while another one closes it: they get ClosedError."""

    def __init__(self, cache: Any) -> None:
        self._lib = functions()
        handle = ctypes.c_void_p()
        call(self._lib.tapps_queue_open, cache, ctypes.byref(handle))
        self._handle = handle.value
        self._finalizer = weakref.finalize(self, self._lib.tapps_queue_release, self._handle)
        self._lock = threading.RLock()  # a handler of signals may close the queue
        self._inside = 0  # calls that use the handle
        self._closed = False

    @contextlib.contextmanager
    def _entered(self) -> Iterator[int | None]:
        """The handle; when the queue is closed meanwhile it is given back at the block's end."""
        with self._lock:
            if self._closed:
                raise ClosedError(d.E_CLOSED, "the queue was closed")
            self._inside += 1
        try:
            yield self._handle
        finally:
            with self._lock:
                self._inside -= 1
                last = self._closed and not self._inside
            if last:
                self._finalizer()

    def fileno(self) -> int:
        """Readable if and only if the queue holds records."""
        with self._entered() as handle:
            return int(self._lib.tapps_queue_fd(handle))

    def submit(self, function: Any, *arguments: Any) -> int:
        """Calls a tapps_queue_* function; returns the number of the operation."""
        op = ctypes.c_int64()
        with self._entered() as handle:
            call(function, handle, *arguments, 0, ctypes.byref(op))
        return op.value

    def fetch_many(self, urls: list[str], native_options: Any, parallel: int) -> list[int]:
        """Submits fetches; their operations. The user_data of a record is its URL's index."""
        for number, url in enumerate(urls):
            if not url or "\n" in url or "\r" in url:
                why = f"urls: number {number} is {'one with a line break' if url else 'empty'}"
                raise InvalidError(d.E_INVALID, why)
        ops = (ctypes.c_int64 * len(urls))()
        lines = text_of("\n".join(urls), "urls")
        function = self._lib.tapps_queue_fetch_many
        with self._entered() as handle:
            call(function, handle, lines, native_options, parallel, 0, ops, len(urls), None)
        return list(ops)

    def cancel(self, op: int) -> None:
        with contextlib.suppress(ClosedError), self._entered() as handle:
            self._lib.tapps_queue_cancel(handle, op)

    def subscribe(self, kinds: int) -> None:
        with self._entered() as handle:
            call(self._lib.tapps_queue_subscribe, handle, kinds)

    def drain(self) -> list[Record]:
        """What is there, without a wait; at most a batch."""
        records = (d.Record * _BATCH)()
        with self._entered() as handle:
            taken = self._lib.tapps_queue_drain(handle, records, _BATCH)
        return [Record(raw) for raw in records[:taken]]

    def wait(self, timeout: Duration | None = None, at_most: int = _BATCH) -> list[Record]:
        """At least one record; None waits for ever. Raises DeadlineError after `timeout` seconds.
        Signals of Python are served meanwhile."""
        left = None if timeout is None else micros(timeout, "timeout", zero=1)
        records = (d.Record * at_most)()
        taken = ctypes.c_size_t()
        while True:
            slice_us = _SLICE_US if left is None or left < 0 else min(_SLICE_US, left)
            err = ctypes.c_void_p()
            results = ctypes.byref(taken), ctypes.byref(err)
            with self._entered() as handle:
                code = self._lib.tapps_queue_wait(handle, slice_us, records, at_most, *results)
            if code == d.OK:
                return [Record(raw) for raw in records[: taken.value]]
            if code != d.E_TIMEOUT:
                fail(code, err.value)
            self._lib.tapps_error_release(err)
            if left is not None and left >= 0:
                left -= slice_us
                if left <= 0:
                    raise DeadlineError(d.E_TIMEOUT, "nothing came within the timeout")

    def close(self) -> None:
        """Cancels what is under way and gives the queue back. A thread that waits hears of it
        within a tenth of a second."""
        with self._lock:
            self._closed = True
            last = not self._inside
        if last:
            self._finalizer()


class Waiting:
    """Calls of a cache that may take long, which Python's signals end: Ctrl-C raises
    KeyboardInterrupt at once and cancels the call. Any threads."""

    def __init__(self, cache: Any) -> None:
        self._cache = cache
        self._spare: list[Queue] = []  # with nothing under way

    def call(self, function: Any, *arguments: Any) -> Record:
        """Submits a tapps_queue_* function and waits for its end; raises what it fails with."""
        try:
            queue = self._spare.pop()
        except IndexError:
            queue = Queue(self._cache)
        try:
            queue.submit(function, *arguments)
            [record] = queue.wait(at_most=1)
        except BaseException:
            queue.close()
            raise
        self._spare.append(queue)
        if isinstance(record.error, CancelledError):  # not by us: we forget what we cancel
            raise ClosedError(d.E_CLOSED, "the cache was closed")
        if record.error is not None:
            raise record.error
        return record


def event(record: Record) -> types.Event:
    return types.event(record.kind, record.value.bytes())


def event_bits(kinds: tuple[str, ...]) -> int:
    bits = 0
    for kind in kinds or tuple(EVENT_KINDS):
        if kind not in EVENT_KINDS:
            raise ValueError(f"kinds: expected {' or '.join(EVENT_KINDS)}, not {kind!r}")
        bits |= 1 << (EVENT_KINDS[kind] - d.EVENT_PROGRESS)
    return bits


class Events:
    """Events of a cache from here on, as they come. Iterating waits for ever; close(), of this
    or of the cache, ends it."""

    def __init__(self, cache: Any, kinds: tuple[str, ...]) -> None:
        self._queue = Queue(cache)
        self._queue.subscribe(event_bits(kinds))
        self._waiting: list[types.Event] = []

    def get(self, timeout: Duration | None = None) -> types.Event:
        """The next event; DeadlineError when none comes within `timeout` seconds."""
        while not self._waiting:
            self._waiting = [event(record) for record in self._queue.wait(timeout)]
        return self._waiting.pop(0)

    def __iter__(self) -> Iterator[types.Event]:
        while True:
            try:
                found = self.get()
            except ClosedError:
                return
            yield found

    def close(self) -> None:
        self._queue.close()

    def __enter__(self) -> Events:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def fetch_result(urls: list[str], record: Record) -> types.FetchResult:
    index = record.user_data
    response = None if record.error else types.response(record.value)
    return types.FetchResult(index, urls[index], response, record.error)


def fetch_many(
    cache: Any, urls: list[str], native_options: Any, parallel: int
) -> Iterator[types.FetchResult]:
    """Submits at once; the results as they come. Ending the iteration cancels the rest."""
    queue = Queue(cache)
    if urls:
        queue.fetch_many(urls, native_options, parallel)

    def results() -> Iterator[types.FetchResult]:
        try:
            left = len(urls)
            while left:
                for record in queue.wait():
                    left -= 1
                    yield fetch_result(urls, record)
        finally:
            queue.close()

    return results()


class Plan:
    """What would be looked up for a project; run() does it."""

    def __init__(self, cache: Cache, root: str | os.PathLike[str], native_options: Any) -> None:
        self._lib = functions()
        self._cache = cache  # whose handle run() needs
        handle = ctypes.c_void_p()
        where = path_of(root, "root")
        opened = ctypes.byref(handle)
        call(self._lib.tapps_plan_open, cache._handle, where, native_options, opened)
        self.handle = handle.value
        weakref.finalize(self, self._lib.tapps_plan_release, self.handle)
        value = call_value(self._lib.tapps_plan_describe, self.handle)
        #: {"root", "items", "requests", "diagnostics"}: see tapps_plan_describe.
        self.description: dict[str, Any] = _json.loads(value.bytes())

    def __len__(self) -> int:
        return int(self._lib.tapps_plan_count(self.handle))

    def run(self) -> WarmRun:
        """Starts it in the background."""
        return WarmRun(self._cache._handle, self)


class WarmRun:
    """A run of a plan: an iterator over its progress, and its result."""

    def __init__(self, cache: Any, plan: Plan) -> None:
        self._queue = Queue(cache)
        self._op = self._queue.submit(functions().tapps_queue_warm, plan.handle)
        self._progress: list[types.Progress] = []
        self._end: Record | None = None

    def __iter__(self) -> Iterator[types.Progress]:
        while True:
            while self._progress:
                yield self._progress.pop(0)
            if self._end is not None:
                return
            self._take(None)

    def result(self, timeout: Duration | None = None) -> types.WarmResult:
        """Waits for the end. DeadlineError: it is not there yet; the run goes on."""
        while self._end is None:
            self._take(timeout)
        if self._end.error is not None:
            raise self._end.error
        return types.warm_result(self._end.value.bytes())

    def cancel(self) -> None:
        """Ends it early; result() raises CancelledError."""
        self._queue.cancel(self._op)

    def _take(self, timeout: Duration | None) -> None:
        for record in self._queue.wait(timeout):
            if record.kind == d.EVENT_PROGRESS:
                self._progress.append(types.progress(record.value.bytes()))
            elif record.op == self._op:
                self._end = record
