"""Invented identifiers that pass the published checks of supervision.md §3.1."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: without I O S V Z
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714-1997
_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_ID_CHECKS = np.array(list("10X98765432"))
INVENTED_AREA = 910000  # no county of China has this code: nobody real can be hit


def uscc(serial: int, area_code: str = "330482") -> str:
    """Unified social credit code of an invented enterprise (GB 32100, 18 characters)."""
    organisation = f"MA9{serial:05d}"
    total = sum(
        (ord(mark) - 55 if mark.isalpha() else int(mark)) * weight
        for mark, weight in zip(organisation, _ORGANISATION_WEIGHTS, strict=True)
    )
    check = (11 - total % 11) % 11
    body = f"91{area_code}{organisation}{'X' if check == 10 else check}"
    mod = sum(_USCC_ALPHABET.index(mark) * weight for mark, weight in zip(body, _USCC_WEIGHTS, strict=True))
    return body + _USCC_ALPHABET[(31 - mod) % 31]


def license_no(chained: bool, serial: int, begins: tuple[str, str] = ("浙", "0573")) -> str:
    """Drug trade licence: 浙 + C (chain store) or D (single shop) + A + 0573 + five digits."""
    return f"{begins[0]}{'C' if chained else 'D'}A{begins[1]}{serial:05d}"


def id_numbers(rng: np.random.Generator, count: int, born_from: date, born_until: date) -> NDArray[np.str_]:
    """`count` different invented ID numbers of area 910000 with a right MOD 11-2 check digit."""
    span = (born_until - born_from).days + 1
    if count > span * 999:
        raise ValueError(f"only {span * 999} different people can be born in {span} days, not {count}")
    picks = rng.choice(span * 999, size=count, replace=False)
    births = [born_from + timedelta(days=offset) for offset in range(span)]
    born = np.array([int(day.strftime("%Y%m%d")) for day in births], dtype=np.int64)[picks // 999]
    body = (INVENTED_AREA * 10**8 + born) * 1000 + picks % 999 + 1
    digits = (body[:, None] // 10 ** np.arange(16, -1, -1, dtype=np.int64)) % 10
    checks = _ID_CHECKS[(digits @ _ID_WEIGHTS) % 11]
    return np.char.add(body.astype(str), checks)


def trace_codes(product_codes: NDArray[np.str_], serials: NDArray[np.int64]) -> NDArray[np.str_]:
    """20-digit drug trace codes: 7 digits of the product, 13 of the pack.

    The serial is scattered modulo a prime below 10^13 so that neighbours in time do not have neighbouring
    codes and no two serials below the prime share one.
    """
    prime, factor, start = 9_999_999_999_971, 6_180_339_887_498, 4_142_135_623_731
    scattered = np.array([(int(serial) * factor + start) % prime for serial in serials], dtype=np.int64)
    return np.char.add(product_codes, np.char.zfill(scattered.astype(str), 13))
