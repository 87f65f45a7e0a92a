"""信息有误: what a citizen may tell us is wrong, and what may become of it. Words and pure decisions only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from yaotong.errors import Forbidden, UsageError
from yaotong.viewer import Viewer

MAX_SAID_CHARS = 300
MAX_ANSWER_CHARS = 300
# Open reports of one shop, and of all within a day: more tell nothing new, or come from nobody real.
MOST_OPEN_OF_A_SHOP = 30
MOST_A_DAY = 2_000
ANSWER_WITHIN = timedelta(days=7)
# Without I, L, O and U: nobody mistakes a letter for a digit, or reads a word.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TICKET = re.compile(rf"XW([{LETTERS}]{{5}})([{LETTERS}]{{5}})")
_READ_AS = str.maketrans("ILO", "110", "- \t")


class Kind(StrEnum):
    """What is wrong."""

    HOURS = "hours"
    PHONE = "phone"
    PLACE = "place"
    GONE = "gone"
    NAME = "name"
    SERVICES = "services"
    SEAL = "seal"
    OTHER = "other"


class State(StrEnum):
    """Where a report stands."""

    OPEN = "open"
    CORRECTED = "corrected"
    KEPT = "kept"
    DISMISSED = "dismissed"


# Columns of the register that an answer may correct; the point is told by `lon`, `lat` and `crs` together.
TEXTS = ("name", "address", "phone", "opening_hours", "services")
FLAGS = ("insurance_designated", "dual_channel")
POINT = ("lon", "lat", "crs")
COLUMNS = (*TEXTS, *FLAGS, "status", *POINT)


def check_report(kind: str, said: str) -> tuple[Kind, str]:
    """What a form says, tidied; UsageError tells what to write differently."""
    if kind not in set(Kind):
        raise UsageError("请选一项：哪里有误。")
    text = " ".join("".join(one if one.isprintable() else " " for one in said).split())
    if not 2 <= len(text) <= MAX_SAID_CHARS:
        raise UsageError(f"请用 2 到 {MAX_SAID_CHARS} 个字写明实际情况。")
    return Kind(kind), text


def check_room(open_of_shop: int, filed_today: int) -> None:
    """UsageError when there are so many reports already that another one would only stand in their way."""
    if open_of_shop >= MOST_OPEN_OF_A_SHOP:
        raise UsageError("这家药店已有许多条反映在等候核对，暂不再收。请过几天再看。")
    if filed_today >= MOST_A_DAY:
        raise UsageError("今天收到的反映太多，暂不再收。请明天再试。")


def check_answer(actor: Viewer, keeper: str, state: str, answer: str, changes: Mapping[str, str]) -> str:
    """An answer, tidied; Forbidden and UsageError say what stands in the way."""
    if actor.department != keeper or actor.role == "auditor":
        raise Forbidden("信息有误的反映由管理药店名录的部门答复。")
    if state not in (State.CORRECTED, State.KEPT, State.DISMISSED):
        raise UsageError("请选一项：已更正、核对无误或不受理。")
    text = " ".join(answer.split())
    if not 2 <= len(text) <= MAX_ANSWER_CHARS:
        raise UsageError(f"请用 2 到 {MAX_ANSWER_CHARS} 个字写明给反映人的答复。")
    if (state == State.CORRECTED) != bool(changes):
        raise UsageError("更正名录的，请写明改成什么；其他答复不改名录。")
    strange = sorted(set(changes) - set(COLUMNS))
    if strange:
        raise UsageError(f"这里不能更正：{'、'.join(strange)}。")
    if set(POINT) & set(changes) and not set(POINT) <= set(changes):
        raise UsageError("更正位置要写明经度、纬度和坐标系。")
    return text


def read_ticket(text: str) -> str | None:
    """The number of a ticket as people type it, or None when it is none."""
    found = _TICKET.fullmatch(text.strip().upper().translate(_READ_AS))
    return None if found is None else f"XW-{found[1]}-{found[2]}"


def ticket_of(drawn: bytes) -> str:
    """A ticket's number from at least seven random bytes: fifty bits that nobody guesses."""
    number = int.from_bytes(drawn[:7], "big") >> 6
    letters = "".join(LETTERS[(number >> (5 * one)) & 31] for one in range(10))
    return f"XW-{letters[:5]}-{letters[5:]}"
