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
from ._error_classes import __all__ as _error_names
from .errors import Error, LoadError
from .queue import Events, Plan, WarmRun
from .types import (
    BreakerEvent,
    BreakerInfo,
    Count,
    Document,
    Entry,
    Event,
    FetchResult,
    ListedEntry,
    Progress,
    Response,
    StateEvent,
    WarmResult,
)

__version__ = _d.VERSION


def library_version() -> str:
    """The version of the library that was loaded."""
    return str(_functions().tapps_version().decode())


# Written out for type checkers, which take what is not named here as private.
__all__ = [
    "Breaker",
    "BreakerEvent",
    "BreakerInfo",
    "Cache",
    "Count",
    "Document",
    "Entry",
    "Error",
    "Event",
    "Events",
    "FetchResult",
    "ListedEntry",
    "LoadError",
    "Permit",
    "Plan",
    "Progress",
    "Response",
    "StateEvent",
    "WarmResult",
    "WarmRun",
    "library_version",
    "open",
    "use_library",
]
__all__ += _error_names
