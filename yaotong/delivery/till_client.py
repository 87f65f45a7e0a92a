"""The till's side of the allowance: pseudonym made here, question sent, and an answer whatever happens.

One file, standard library only: it may be copied to a till's gateway. The ID number never leaves it.
"""

from __future__ import annotations

import hmac
import json
import unicodedata
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ALLOW, SHOW = "allow", "show_to_pharmacist"


@dataclass(frozen=True, slots=True)
class TillClient:
    """Asks one server for one shop.

    Args:
        url: of the server, "https://…"; licence and token: as registered there.
        key: the pseudonym key, kept on this machine alone; key_id and digest: as in the server's settings.
        fails_open: categories sold when no answer comes in `timeout_s`; others go to the pharmacist.
    """

    url: str
    licence: str
    token: str = field(repr=False)
    key: bytes = field(repr=False)
    key_id: str = "k1"
    digest: str = "sha256"
    timeout_s: float = 0.5
    fails_open: frozenset[str] = frozenset()

    def ask(
        self,
        id_number: str,
        drug_code: str,
        packs: float,
        *,
        category: str = "",
        prescription: bool = False,
        minor: bool | None = None,
        trace_code: str = "",
    ) -> Mapping[str, Any]:
        """The server's answer (verdict, reason, law), or what is to be done without one."""
        asked = {
            "buyer": self.pseudonym(id_number) if id_number else "", "drug_code": drug_code, "packs": packs,
            "prescription": prescription, "minor": minor, "trace_code": trace_code,
        }  # fmt: skip
        try:
            return self._sent(asked)
        except (OSError, ValueError):
            verdict = ALLOW if category in self.fails_open else SHOW
            return {"verdict": verdict, "reason": "no_answer", "law": ""}

    def pseudonym(self, id_number: str) -> str:
        """The same pseudonym that intake makes of the number."""
        plain = unicodedata.normalize("NFKC", id_number).upper().strip()
        made = hmac.digest(self.key, f"ID|{plain}".encode(), self.digest)
        return f"{self.key_id}:{made.hex()[:32]}"

    def _sent(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        request = urllib.request.Request(
            f"{self.url.rstrip('/')}/api/v1/allowance",
            json.dumps(asked).encode(),
            {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self.token}",
                "X-Licence": urllib.parse.quote(self.licence),
            },
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=self.timeout_s) as answer:
            told = json.load(answer)
        if not isinstance(told, dict) or "verdict" not in told:
            raise ValueError("no answer")
        return told
