"""The cache, for programs that wait for their calls; tapps.aio has the one for asyncio."""

from __future__ import annotations

import ctypes
import os
import weakref
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, MutableMapping, TypeVar

from . import _declarations as d
from . import _option_types as kinds
from . import _options as opt
from . import types
from ._loader import functions
from ._native import (
    LONGEST_US,
    Bytes,
    Duration,
    Outputs,
    Value,
    bytes_of,
    call,
    call_value,
    count,
    fail,
    micros,
    path_of,
    text_of,
)
from .breaker import Breaker
from .errors import (
    ClosedError,
    DeadlineError,
    Error,
    ExistsError,
    InvalidError,
    NotFoundError,
    UnsupportedError,
)
from .queue import Events, Plan, Waiting, WarmRun, fetch_many

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")


class Cache(MutableMapping[Bytes, bytes]):
    """An open cache. Any threads at once. As a mapping it is the namespace "default"; keys are
    given as text or bytes and come back as bytes. Times are seconds or timedeltas."""

    def __init__(
        self, path: str | os.PathLike[str] | None = None, **options: Unpack[kinds.OpenOptions]
    ) -> None:
        self._lib = functions()
        handle = ctypes.c_void_p()
        where = path_of(path, "path")
        call(self._lib.tapps_cache_open, where, opt.open_options(options), ctypes.byref(handle))
        self._handle = handle.value
        self._closed = False
        self._spare: list[Outputs] = []
        self._waiting = Waiting(self._handle)
        self._get_now = self._lib.tapps_cache_get
        self._release_value = self._lib.tapps_value_release
        weakref.finalize(self, self._lib.tapps_cache_release, self._handle).atexit = False

    # ---- entries

    def get(  # type: ignore[override]
        self,
        key: Bytes,
        default: T | None = None,
        *,
        namespace: str | None = None,
        allow_stale: bool = False,
        peek: bool = False,
        cached_only: bool = False,
    ) -> bytes | T | None:
        """The value, or `default`. cached_only never touches the disk: WouldBlockError instead."""
        name = key if type(key) is bytes else bytes_of(key, "key")
        options = None
        if allow_stale or peek or cached_only:
            options = opt.get_options(
                allow_stale=allow_stale, peek=peek, cached_only=cached_only
            )
        space = None if namespace is None else text_of(namespace, "namespace")
        try:
            out = self._spare.pop()
        except IndexError:
            out = Outputs()
        value, data, size = out.refs
        code = self._get_now(
            self._handle, space, name, len(name), options, value, data, size, None
        )
        if code:
            self._spare.append(out)
            if code == d.E_NOT_FOUND:
                return default
            # Once more for the words; what has come meanwhile is as good.
            found = self._value(name, space, options)
            return default if found is None else found.bytes()
        found_bytes = ctypes.string_at(out.data.value, out.size.value)  # type: ignore[arg-type]
        self._release_value(out.value)
        self._spare.append(out)
        return found_bytes

    def _value(self, name: bytes, space: bytes | None, options: Any) -> Value | None:
        function = self._lib.tapps_cache_get
        try:
            return call_value(function, self._handle, space, name, len(name), options)
        except NotFoundError:
            return None

    def entry(
        self,
        key: Bytes,
        *,
        namespace: str | None = None,
        allow_stale: bool = False,
        peek: bool = False,
        cached_only: bool = False,
        negative: bool = False,
    ) -> types.Entry | None:
        """The value with all that is known about it, or None. negative: also entries that
        remember "not found"."""
        options = opt.get_options(
            allow_stale=allow_stale, peek=peek, cached_only=cached_only, negative=negative
        )
        found = self._value(bytes_of(key, "key"), text_of(namespace, "namespace"), options)
        return None if found is None else types.entry(found)

    def view(self, key: Bytes, *, namespace: str | None = None) -> memoryview | None:
        """The value without a copy, read-only, for as long as the view is used; or None."""
        found = self._value(bytes_of(key, "key"), text_of(namespace, "namespace"), None)
        return None if found is None else found.view()

    def get_many(
        self,
        keys: Iterable[Bytes],
        *,
        namespace: str | None = None,
        allow_stale: bool = False,
        peek: bool = False,
    ) -> list[bytes | None]:
        """The values in the order of the keys, None for what is not there, in one call."""
        names = [bytes_of(key, "key") for key in keys]
        items = (d.GetItem * len(names))()
        for item, name in zip(items, names):
            item.key = ctypes.cast(ctypes.c_char_p(name), ctypes.c_void_p).value
            item.key_size = len(name)
        options = opt.get_options(allow_stale=allow_stale, peek=peek)
        space = text_of(namespace, "namespace")
        call(
            self._lib.tapps_cache_get_many, self._handle, space, items, len(names), options
        )
        found: list[bytes | None] = []
        failed = 0
        for item in items:
            there = item.data is not None and item.code == d.OK
            found.append(ctypes.string_at(item.data or 0, item.size) if there else None)
            self._release_value(item.value)
            if item.code not in (d.OK, d.E_NOT_FOUND):
                failed = item.code
        if failed:
            fail(failed)
        return found

    def put(
        self,
        key: Bytes,
        value: Bytes,
        *,
        namespace: str | None = None,
        **options: Unpack[kinds.PutOptions],
    ) -> None:
        """Stores a copy. durability is "async" (default), "memory", "sync" or "full"; json is an
        object, or its text."""
        name, data = bytes_of(key, "key"), bytes_of(value)
        call(
            self._lib.tapps_cache_put,
            self._handle,
            text_of(namespace, "namespace"),
            name,
            len(name),
            data,
            len(data),
            opt.put_options(options),
        )

    def put_many(
        self,
        entries: Iterable[tuple[Bytes, Bytes]],
        *,
        namespace: str | None = None,
        **options: Unpack[kinds.PutOptions],
    ) -> None:
        """Stores all of them in one transaction, or none. Takes dict.items()."""
        pairs = [(bytes_of(key, "key"), bytes_of(value)) for key, value in entries]
        items = (d.PutItem * len(pairs))()
        for item, (name, data) in zip(items, pairs):
            item.key = ctypes.cast(ctypes.c_char_p(name), ctypes.c_void_p).value
            item.key_size = len(name)
            item.data = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value
            item.size = len(data)
        call(
            self._lib.tapps_cache_put_many,
            self._handle,
            text_of(namespace, "namespace"),
            items,
            len(pairs),
            opt.put_options(options),
        )

    def version(self, key: Bytes, *, namespace: str | None = None) -> int:
        """The version of the entry get() would find, for swap(); 0: there is none."""
        name, found = bytes_of(key, "key"), ctypes.c_int64()
        space = text_of(namespace, "namespace")
        contains = self._lib.tapps_cache_contains
        try:
            call(contains, self._handle, space, name, len(name), ctypes.byref(found))
        except NotFoundError:
            return 0
        return found.value

    def contains(self, key: Bytes, *, namespace: str | None = None) -> bool:
        """Whether get() would find the key; reads no value."""
        return self.version(key, namespace=namespace) != 0

    def swap(
        self,
        key: Bytes,
        version: int,
        value: Bytes,
        *,
        namespace: str | None = None,
        **options: Unpack[kinds.PutOptions],
    ) -> int:
        """Stores the value if the entry has this version (0: if there is none), committed; the new
        version. ExistsError, with the present one as its `version`, when it has another."""
        name, data = bytes_of(key, "key"), bytes_of(value)
        now = ctypes.c_int64()
        try:
            call(
                self._lib.tapps_cache_swap,
                self._handle,
                text_of(namespace, "namespace"),
                name,
                len(name),
                version,
                data,
                len(data),
                opt.put_options(options),
                ctypes.byref(now),
            )
        except ExistsError as error:
            error.version = now.value
            raise
        return now.value

    def load(
        self,
        key: Bytes,
        loader: Callable[[Bytes], Bytes | None],
        *,
        namespace: str | None = None,
        load: kinds.LoadOptions | None = None,
        **options: Unpack[kinds.PutOptions],
    ) -> bytes | None:
        """The value; when it is not there, what loader(key) makes, which is stored. All who ask at
        the same time, in other processes too, share one run of a loader. What it made is answered
        also when it could not be stored. A stale value is what this answers when its loader fails.
        None: remembered as not there, or the loader says so."""
        name, space = bytes_of(key, "key"), text_of(namespace, "namespace")
        put = opt.put_options(options)
        try:
            there, lease = self._load(space, name, load or {})
        except NotFoundError:
            return None
        if not lease:
            return there
        try:
            made = loader(key)
            data = None if made is None else bytes_of(made)
        except BaseException as error:
            self._abandon(lease)
            if there is not None and isinstance(error, Exception):
                return there
            raise
        if data is None:
            self._abandon(lease)
        else:
            self._finish(lease, data, put)
        return data

    def _load(
        self, space: bytes | None, name: bytes, asked: kinds.LoadOptions
    ) -> tuple[bytes | None, int]:
        """What there is, and the lease of whoever is to load, or 0."""
        at_once: kinds.LoadOptions = {**asked, "wait": 0}
        out, lease = Outputs(), ctypes.c_int64()
        arguments = space, name, len(name), opt.load_options(at_once)
        try:
            load = self._lib.tapps_cache_load
            call(load, self._handle, *arguments, *out.refs, ctypes.byref(lease))
        except DeadlineError:  # somebody else is loading
            if asked.get("wait") == 0:
                raise
        else:
            found = Value(out.value.value, out.data.value, out.size.value)
            return found.bytes_or_none(), lease.value
        native = opt.load_options(asked)
        load = self._lib.tapps_queue_load
        record = self._waiting.call(load, space, name, len(name), native)
        return record.value.bytes_or_none(), record.number

    def _finish(self, lease: int, data: bytes, put_options: Any) -> None:
        """A value that cannot be stored is good all the same: those who wait have it, too. Wrong
        options are an error."""
        finish = self._lib.tapps_cache_load_finish
        try:
            call(finish, self._handle, lease, data, len(data), put_options)
        except Error as error:
            self._abandon(lease)  # which has not ended when the arguments were refused
            if isinstance(error, (InvalidError, UnsupportedError)):
                raise

    def _abandon(self, lease: int) -> None:
        self._lib.tapps_cache_load_abandon(self._handle, lease)

    def delete(
        self, key: Bytes, *, namespace: str | None = None, durability: str = "async"
    ) -> None:
        """Removes a key; one that is not there is no error."""
        name = bytes_of(key, "key")
        level = opt.choice(opt.DURABILITY, "durability", durability)
        space = text_of(namespace, "namespace")
        call(self._lib.tapps_cache_delete, self._handle, space, name, len(name), level)

    def delete_all(
        self,
        *,
        namespace: str | None = "default",
        prefix: Bytes | None = None,
        tag: str | None = None,
    ) -> int:
        """Removes what meets every condition, committed; returns how many. namespace None: in
        all of them."""
        removed = ctypes.c_int64()
        filter_ = opt.filter_of(namespace, prefix, tag)
        call(self._lib.tapps_cache_delete_all, self._handle, filter_, ctypes.byref(removed))
        return removed.value

    def count(
        self,
        *,
        namespace: str | None = "default",
        prefix: Bytes | None = None,
        tag: str | None = None,
    ) -> types.Count:
        """Counts what meets every condition. namespace None: in all of them."""
        entries, size = ctypes.c_int64(), ctypes.c_int64()
        filter_ = opt.filter_of(namespace, prefix, tag)
        results = ctypes.byref(entries), ctypes.byref(size)
        call(self._lib.tapps_cache_count, self._handle, filter_, *results)
        return types.Count(entries.value, size.value)

    def touch(
        self, key: Bytes, ttl: Duration | None = None, *, namespace: str | None = None
    ) -> None:
        """Gives an entry a new lifetime from now on. NotFoundError when it is not there."""
        name = bytes_of(key, "key")
        lifetime = micros(ttl, "ttl", infinite=d.NONE)
        space = text_of(namespace, "namespace")
        call(self._lib.tapps_cache_touch, self._handle, space, name, len(name), lifetime)

    def flush(self, timeout: Duration | None = None) -> None:
        """Returns when everything put before is committed; within 3 s unless told otherwise."""
        self._waiting.call(self._lib.tapps_queue_flush, micros(timeout, "timeout"))

    def set_namespace(self, namespace: str, **defaults: Unpack[kinds.SpaceOptions]) -> None:
        """Sets the defaults of a namespace for entries put from now on; without any, back to the
        cache's."""
        space, native = text_of(namespace, "namespace"), opt.space_options(defaults)
        call(self._lib.tapps_cache_set_space, self._handle, space, native)

    def entries(
        self, *, namespace: str | None = "default", prefix: Bytes = b""
    ) -> Iterator[types.ListedEntry]:
        """Committed entries in no particular order. namespace None: of all of them."""
        start = bytes_of(prefix, "prefix")
        cursor = ctypes.c_void_p()
        space = text_of(namespace, "namespace")
        walk = ctypes.byref(cursor)
        call(self._lib.tapps_cursor_open, self._handle, space, start, len(start), walk)
        raw = d.Entry()
        try:
            while True:
                err = ctypes.c_void_p()
                code = self._lib.tapps_cursor_next(cursor, raw, ctypes.byref(err))
                if code == d.E_NOT_FOUND:
                    self._lib.tapps_error_release(err)
                    return
                if code:
                    fail(code, err.value)
                yield types.listed(raw)
        finally:
            self._lib.tapps_cursor_release(cursor)

    # ---- as a mapping

    def __getitem__(self, key: Bytes) -> bytes:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __setitem__(self, key: Bytes, value: Bytes) -> None:
        self.put(key, value)

    def __delitem__(self, key: Bytes) -> None:
        if key not in self:
            raise KeyError(key)
        self.delete(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, (str, bytes, bytearray, memoryview)) and self.contains(key)

    def __iter__(self) -> Iterator[Bytes]:
        for entry in self.entries():
            if not entry.negative:
                yield entry.key

    def __len__(self) -> int:
        return sum(1 for _ in self)  # count() has the negative ones, too

    def clear(self) -> None:
        """Removes every entry of the namespace "default"."""
        self.delete_all()

    # Two caches are the same when they are one object, not when their entries are equal.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    # ---- fetch, documentation, warming, breakers

    def fetch(self, url: str, **options: Unpack[kinds.FetchOptions]) -> types.Response:
        """Gets a URL from the cache or its origin, by RFC 9111. Any status is an answer."""
        native = opt.fetch_options(options)
        address = text_of(url, "url")
        record = self._waiting.call(self._lib.tapps_queue_fetch, address, native)
        return types.response(record.value)

    def fetch_many(
        self,
        urls: Iterable[str],
        *,
        parallel: int | None = None,
        in_order: bool = False,
        **options: Unpack[kinds.FetchOptions],
    ) -> Iterator[types.FetchResult]:
        """Many fetches with the same options, at most `parallel` (8) at a time: iterate over their
        results. A failure of one is its result; leaving the loop ends the rest."""
        native = opt.fetch_options({**options, "in_order": in_order})
        at_a_time = count(parallel, "parallel")
        return fetch_many(self._handle, list(urls), native, at_a_time)

    def set_offline(self, offline: bool) -> None:
        """Switches the network off or on for all fetches of the cache in this process."""
        call(self._lib.tapps_cache_set_offline, self._handle, int(offline))

    def docs(self, library: str, **options: Unpack[kinds.DocsOptions]) -> types.Document:
        """What the documentation of a library says. NotFoundError: with near names in its text."""
        name, native = text_of(library, "library"), opt.docs_options(options)
        return types.document(self._waiting.call(self._lib.tapps_queue_docs, name, native).value)

    def plan(
        self, root: str | os.PathLike[str], **options: Unpack[kinds.WarmOptions]
    ) -> Plan:
        """What warm() would look up for the project in the folder `root`."""
        return Plan(self, root, opt.warm_options(options))

    def warm(
        self, root: str | os.PathLike[str], **options: Unpack[kinds.WarmOptions]
    ) -> WarmRun:
        """Looks up the documentation of every library a project uses: iterate over what is
        returned for the progress, or ask for its result()."""
        return self.plan(root, **options).run()

    def breaker(
        self,
        name: str,
        *,
        wait: Duration | None = None,
        **options: Unpack[kinds.BreakerOptions],
    ) -> Breaker:
        """The breaker of that name, made when it is not there. ExistsError: it has other
        options. wait: how long calls through this object wait for a place."""
        return Breaker(self, name, opt.breaker_options(options), wait)

    def events(self, *kinds: str) -> Events:
        """Events of the kinds "breaker" and "state" from now on; of both without an argument."""
        return Events(self._handle, kinds)

    # ---- the cache itself

    @property
    def path(self) -> str:
        """The path of the file, ":memory:" without one."""
        return str(self._lib.tapps_cache_path(self._handle).decode())

    @property
    def state(self) -> str:
        """"ok", "read_only", "memory", "locked", "full", "failed", "wal_pinned" or "closed"."""
        number = self._lib.tapps_cache_state(self._handle)
        return types.STATES[number] if number < len(types.STATES) else "unknown"

    def stats(self) -> dict[str, Any]:
        """A snapshot of everything counted by this process."""
        return call_value(self._lib.tapps_cache_stats, self._handle).json()

    def survey(self) -> dict[str, Any]:
        """What is in the file, by namespace and age: see tapps_cache_survey."""
        return call_value(self._lib.tapps_cache_survey, self._handle).json()

    def check(self, *, deep: bool = False) -> dict[str, Any]:
        """Looks for damage and changes nothing: {"ok", "entries", "damaged", "problems"}. deep:
        every entry."""
        flags = d.CHECK_DEEP if deep else 0
        return self._waiting.call(self._lib.tapps_queue_check, flags).value.json()

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copies the cache as it stands to a file, which replaces what is there."""
        self._waiting.call(self._lib.tapps_queue_backup, path_of(path, "path"))

    def compact(self, timeout: Duration | None = None) -> int:
        """Gives unused space of the file back, within 30 s unless told otherwise; the bytes."""
        compact = self._lib.tapps_queue_compact
        return self._waiting.call(compact, micros(timeout, "timeout")).number

    def close(self, deadline: Duration | None = None) -> None:
        """Writes what is queued and closes; DeadlineError when that takes longer than `deadline`
        seconds (5). Closing twice is no error."""
        if self._closed:
            return
        limit = micros(deadline, "deadline", infinite=LONGEST_US)
        self._closed = True
        try:
            call(self._lib.tapps_cache_close, self._handle, limit)
        except ClosedError:
            pass

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<tapps.Cache {self.path} {self.state}>"


def open(
    path: str | os.PathLike[str] | None = None, **options: Unpack[kinds.OpenOptions]
) -> Cache:
    """Opens the cache in a file, making it when missing; without a path the user's own, with
    ":memory:" none. Opening a file again in one process gives the same store."""
    return Cache(path, **options)
