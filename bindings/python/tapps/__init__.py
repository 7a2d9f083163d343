"""tapps: an embedded cache shared by every process of a user.

    import tapps

    with tapps.open() as cache:
        cache.put("greeting", "hello", ttl=60)
        print(cache.get("greeting"))

tapps.aio has the same for asyncio. See README.md, and tapps.h for what each call promises.
"""

from . import _declarations as _d
from ._loader import functions as _functions
from ._loader import use_library
from .breaker import Breaker, Permit
from .cache import Cache, open
from ._error_classes import *  # noqa: F403 - one a code
from .errors import Error, LoadError
from .queue import Events, Plan, WarmRun
from .types import (
    BreakerInfo,
    Count,
    Document,
    Entry,
    Event,
    FetchResult,
    ListedEntry,
    Progress,
    Response,
    WarmResult,
)

__version__ = _d.VERSION


def library_version() -> str:
    """The version of the library that was loaded."""
    return str(_functions().tapps_version().decode())


__all__ = [name for name in dir() if not name.startswith("_") and name not in ("cache", "errors")]
