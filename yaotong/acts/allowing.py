"""Answer a till, and keep the question before the answer leaves: many of a moment share one transaction."""

from __future__ import annotations

import hmac
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from yaotong.acts.keychain import chain_of
from yaotong.chains import Chain
from yaotong.errors import Forbidden, StoreError, UsageError
from yaotong.reads.till_facts import TillFacts, TillKeeper
from yaotong.store import tillbook
from yaotong.till.decide import Answer, Drug, Question, decide, unknown
from yaotong.workspace import Workspace

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 0.5
_BUYER_CHARS = 64


def allowed(ws: Workspace, licence: str, token: str, body: Mapping[str, Any], *, now: datetime) -> Answer:
    """The answer to a till; Forbidden for one that is not known, UsageError for a question that is none."""
    _need_till(ws, licence, token)
    asked = _as_now(ws, question_of(body))
    known, version = _answer(ws, asked, now)
    row = {
        "asked_at": now, "pharmacy_id": licence, "drug_code": asked.drug_code, "packs": asked.packs,
        "verdict": known.verdict, "reason": known.reason, "data_version": version,
    }  # fmt: skip
    try:
        _book(ws).keep(row)
    except (StoreError, TimeoutError) as error:
        _LOG.error("a till's question could not be kept: %s", error)
        raise StoreError("这次询问没有记下，不能作答；请按本机的失败设置处理。") from error
    return known


def question_of(body: Mapping[str, Any]) -> Question:
    """A question from its JSON; a pseudonym only: anything that looks like an ID number is refused."""
    buyer, code = body.get("buyer", ""), body.get("drug_code")
    packs, trace = body.get("packs"), body.get("trace_code", "")
    if not isinstance(buyer, str) or len(buyer) > _BUYER_CHARS or (buyer and ":" not in buyer):
        raise UsageError("buyer 应为本机算出的化名（密钥编号:十六进制），不要发送证件号。")
    if not isinstance(code, str) or not 0 < len(code) <= 128:
        raise UsageError("缺少 drug_code。")
    if isinstance(packs, bool) or not isinstance(packs, int | float) or not 0 < packs <= 100_000:
        raise UsageError("packs 应为大于 0、不超过 100000 的数。")
    if not isinstance(trace, str) or len(trace) > 100:
        raise UsageError("trace_code 应为不超过 100 个字符的文字。")
    flags = {name: body.get(name) for name in ("prescription", "minor")}
    if any(one not in (None, True, False) for one in flags.values()):
        raise UsageError("prescription、minor 应为 true 或 false。")
    return Question(buyer, code, float(packs), bool(flags["prescription"]), flags["minor"], trace)


def _as_now(ws: Workspace, asked: Question) -> Question:
    """The question by the pseudonym of today: a till goes on with the first key when it was rotated here."""
    chain = _chain(ws)
    if not asked.buyer or asked.buyer.startswith(f"{chain.current}:"):
        return asked
    buyer = chain.now(asked.buyer)
    if buyer is None:
        raise UsageError(
            "化名不是本系统的密钥做的：编号不对，或不是 32 位十六进制。请核对收银机的密钥与编号。"
        )
    return replace(asked, buyer=buyer)


def _answer(ws: Workspace, asked: Question, now: datetime) -> tuple[Answer, int]:
    settings = ws.settings.allowance
    try:
        facts = _keeper(ws).current(now)
    except StoreError:
        return unknown(Drug("", "|EPH|", None, None), settings), 0
    drug = facts.drugs.get(asked.drug_code)
    if drug is None:
        raise UsageError(f"药品目录里没有 {asked.drug_code[:40]}。")
    if _stale(facts, now, settings.stale_hours):
        return unknown(drug, settings), facts.version
    past = facts.bought.get(asked.buyer, ()) if asked.buyer else ()
    return decide(asked, drug, past, code_out=facts.out(asked.trace_code), now=now), facts.version


def _stale(facts: TillFacts, now: datetime, hours: int) -> bool:
    return facts.newest is None or facts.newest < now - timedelta(hours=hours)


def _need_till(ws: Workspace, licence: str, token: str) -> None:
    known = ws.settings.allowance.tills.get(licence, "")
    if not known or not hmac.compare_digest(known.encode(), token.encode()):
        raise Forbidden("收银机没有登记，或令牌不对。请由管理员在 keys/tills.key 中登记。")


class _Book:
    """One thread that writes; who asks waits until the transaction with their question is over."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._waiting: list[tuple[dict[str, Any], Future[None]]] = []
        self._some = threading.Condition()
        threading.Thread(target=self._write, daemon=True).start()

    def keep(self, row: dict[str, Any]) -> None:
        """Return once the question is kept; StoreError or TimeoutError when it is not."""
        kept: Future[None] = Future()
        with self._some:
            self._waiting.append((row, kept))
            self._some.notify()
        kept.result(_PATIENCE_S)

    def _write(self) -> None:
        while True:
            with self._some:
                self._some.wait_for(lambda: bool(self._waiting))
                some, self._waiting = self._waiting, []
            try:
                with self._ws.store.write() as connection:
                    tillbook.keep(connection, [row for row, _ in some])
            except StoreError as error:
                for _, kept in some:
                    kept.set_exception(error)
                continue
            for _, kept in some:
                kept.set_result(None)


@lru_cache(maxsize=4)
def _book(ws: Workspace) -> _Book:
    return _Book(ws)


@lru_cache(maxsize=4)
def _chain(ws: Workspace) -> Chain:
    # Nobody rotates while a server runs.
    return chain_of(ws)


@lru_cache(maxsize=4)
def _keeper(ws: Workspace) -> TillKeeper:
    return TillKeeper(ws)
