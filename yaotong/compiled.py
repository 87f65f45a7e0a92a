"""Functions compiled to machine code on first use: for the few loops that arrays cannot say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_F = TypeVar("_F", bound=Callable[..., Any])


def compiled(function: _F) -> _F:
    """Compile on first use, keep the machine code beside the module, run without the interpreter lock."""
    return cast(_F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
