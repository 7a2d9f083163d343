"""Circuit breakers with bounded concurrency, for the program's own calls."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import inspect
import weakref
from contextlib import asynccontextmanager, contextmanager
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    TypeVar,
    overload,
)

from . import _declarations as d
from ._loader import functions
from ._native import Duration, call, micros, text_of
from .types import BreakerInfo

if TYPE_CHECKING:
    from .cache import Cache

T = TypeVar("T")
U = TypeVar("U")
F = TypeVar("F", bound=Callable[..., Any])

_STATES = {d.BREAKER_CLOSED: "closed", d.BREAKER_OPEN: "open", d.BREAKER_HALF_OPEN: "half_open"}
_FORCED = {
    d.BREAKER_AUTO: "auto",
    d.BREAKER_FORCE_OPEN: "open",
    d.BREAKER_FORCE_CLOSED: "closed",
}


class Permit:
    """The right to make one call; reports how it went exactly once, the first time. As a context
    manager by whether an exception leaves the block; one that is forgotten is ignored."""

    def __init__(self, breaker: Breaker, number: int) -> None:
        self._breaker, self._number = breaker, number
        self._forgotten = weakref.finalize(self, breaker._report, number, d.OUTCOME_IGNORED)
        self._forgotten.atexit = False

    def __enter__(self) -> Permit:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.success()
        elif issubclass(kind, self._breaker.local):
            self.local_failure()
        elif issubclass(kind, self._breaker.counted):
            self.failure()
        else:
            self.ignore()

    def success(self) -> None:
        self._report(d.OUTCOME_SUCCESS)

    def failure(self) -> None:
        self._report(d.OUTCOME_FAILURE)

    def local_failure(self) -> None:
        """A failure whose reason may lie with this process alone; others are not told."""
        self._report(d.OUTCOME_LOCAL_FAILURE)

    def ignore(self) -> None:
        """The call says nothing about the callee."""
        self._report(d.OUTCOME_IGNORED)

    def _report(self, outcome: int) -> None:
        if self._forgotten.detach():
            self._breaker._report(self._number, outcome)


class Breaker:
    """A breaker of a cache. Any threads, and coroutines."""

    def __init__(
        self,
        cache: Cache,
        name: str,
        native_options: Any,
        wait: Duration | None = None,
        submit_wait: Callable[[Breaker, int], Awaitable[int]] | None = None,
    ) -> None:
        self.name = name
        #: How long a call waits for a place; None: not at all.
        self.wait = wait
        self._submit_wait = submit_wait
        self._cache = cache  # whose handle is needed for as long as somebody may wait
        #: Exceptions that count against the callee; others are ignored.
        self.counted: tuple[type[BaseException], ...] = (Exception,)
        #: Those of them whose reason may lie with this process alone.
        self.local: tuple[type[BaseException], ...] = ()
        self._lib = functions()
        handle = ctypes.c_void_p()
        text = text_of(name, "name")
        opened = ctypes.byref(handle)
        call(self._lib.tapps_breaker_open, cache._handle, text, native_options, opened)
        self._handle = handle.value
        weakref.finalize(self, self._lib.tapps_breaker_release, self._handle).atexit = False

    def acquire(self, wait: Duration | None = None) -> Permit:
        """Asks to make a call. OpenCircuitError, QuotaError or BusyError, at once, when it may not
        be made; with `wait`, DeadlineError after so many seconds without a place."""
        wait = self.wait if wait is None else wait
        if wait:
            us = micros(wait, "wait")
            record = self._cache._waiting.call(self._lib.tapps_queue_acquire, self._handle, us)
            return self._permit(record.number)
        permit = ctypes.c_int64()
        call(self._lib.tapps_breaker_acquire, self._handle, ctypes.byref(permit))
        return self._permit(permit.value)

    async def acquire_async(self, wait: Duration | None = None) -> Permit:
        """As acquire, without holding up the event loop."""
        wait = self.wait if wait is None else wait
        if not wait:
            return self.acquire(0)
        if self._submit_wait is None:
            return await asyncio.to_thread(self.acquire, wait)
        return self._permit(await self._submit_wait(self, micros(wait, "wait")))

    def _permit(self, number: int) -> Permit:
        return Permit(self, number)

    def _report(self, number: int, outcome: int) -> None:
        self._lib.tapps_breaker_report(self._handle, number, outcome)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """with breaker.guard(): ... - a success unless an exception leaves the block."""
        with self.acquire():
            yield

    @asynccontextmanager
    async def guard_async(self) -> AsyncIterator[None]:
        """async with breaker.guard_async(): ..."""
        with await self.acquire_async():
            yield

    @overload
    def execute(self, operation: Callable[[], T]) -> T: ...
    @overload
    def execute(self, operation: Callable[[], T], fallback: Callable[[Exception], U]) -> T | U: ...
    def execute(
        self, operation: Callable[[], T], fallback: Callable[[Exception], U] | None = None
    ) -> T | U:
        """Runs the operation under a permit. When it fails, or may not be made, answers with
        fallback(exception), or raises without one."""
        try:
            with self.guard():
                return operation()
        except Exception as error:
            if fallback is None:
                raise
            return fallback(error)

    async def execute_async(
        self,
        operation: Callable[[], Awaitable[T]],
        fallback: Callable[[Exception], Any] | None = None,
    ) -> Any:
        """As execute, for coroutine functions; the fallback may be one, too."""
        try:
            async with self.guard_async():
                return await operation()
        except Exception as error:
            if fallback is None:
                raise
            answer = fallback(error)
            return await answer if inspect.isawaitable(answer) else answer

    def __call__(self, function: F) -> F:
        """As a decorator: every call of the function, plain or async, goes through the breaker."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def guarded_async(*arguments: Any, **named: Any) -> Any:
                async with self.guard_async():
                    return await function(*arguments, **named)

            return guarded_async  # type: ignore[return-value]

        @functools.wraps(function)
        def guarded(*arguments: Any, **named: Any) -> Any:
            with self.guard():
                return function(*arguments, **named)

        return guarded  # type: ignore[return-value]

    def retry_delay(
        self, attempt: int, status: int = 0, retry_after: Duration | None = None
    ) -> float:
        """Seconds to wait before a call that failed is made once more. `attempt`: how often it was
        made; `status`: what HTTP answered. UnsupportedError: it is not worth it; FullError: it was
        made often enough; OpenCircuitError."""
        delay = ctypes.c_int64()
        asked = micros(retry_after, "retry_after")
        retry = self._lib.tapps_breaker_retry
        call(retry, self._handle, attempt, status, asked, ctypes.byref(delay))
        return delay.value / 1e6

    def limit(self, calls: int, within: Duration) -> None:
        """Tells that the service takes no more than so many calls within a time."""
        us = micros(within, "within")
        call(self._lib.tapps_breaker_limit, self._handle, calls, us)

    def force(self, mode: str) -> None:
        """"open" or "closed" holds it there; "auto" ends that, closes it and forgets."""
        modes = {name: number for number, name in _FORCED.items()}
        if mode not in modes:
            raise ValueError(f"mode: expected one of {', '.join(modes)}, not {mode!r}")
        call(self._lib.tapps_breaker_force, self._handle, modes[mode])

    def read(self) -> BreakerInfo:
        info = d.BreakerInfo()
        self._lib.tapps_breaker_read(self._handle, info)
        return BreakerInfo(
            state=_STATES.get(info.state, "unknown"),
            forced=_FORCED.get(info.forced, "unknown"),
            failures_in_row=info.failures_in_row,
            in_flight=info.in_flight,
            retry_after=info.retry_after_us / 1e6,
            successes=info.successes,
            failures=info.failures,
            ignored=info.ignored,
            rejected=info.rejected,
            transitions=info.transitions,
            waiting=info.waiting,
            quota=info.quota_us / 1e6,
            window_calls=info.window_calls,
            window_failures=info.window_failures,
            window_slow=info.window_slow,
        )
