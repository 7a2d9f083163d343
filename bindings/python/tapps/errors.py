"""Failures as exceptions: one class for each code of tapps.h, all of them an `Error`."""

from . import _error_classes
from ._error import Error, of_code
from ._error_classes import *  # noqa: F403 - one a code

__all__ = ["Error", "LoadError", "of_code", *_error_classes.__all__]


class LoadError(ImportError):
    """The library was not found, or is not one this package can use. The message lists every
    place that was tried, and why it would not do."""
