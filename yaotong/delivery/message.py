"""What a department is told outside the program: that there is something to look at, and where.

A message names no person, no buyer and no drug of a person: those are read after signing in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_BEIJING_OFFSET = "+08:00"


@dataclass(frozen=True, slots=True)
class Message:
    """One notice to one department, in the CloudEvents 1.0 JSON form."""

    message_id: str
    alert_id: str
    act: str
    department: str
    part: str
    rule_id: str
    rule_name: str
    level: str
    state: str
    area_code: str | None
    at: datetime
    accept_due: datetime

    def as_dict(self) -> dict[str, Any]:
        """The structured CloudEvent."""
        return {
            "specversion": "1.0",
            "id": self.message_id,
            "source": "/yaotong/alerts",
            "type": f"yaotong.alert.{self.act}",
            "time": self.at.isoformat() + _BEIJING_OFFSET,
            "datacontenttype": "application/json",
            "data": {
                "alert_id": self.alert_id,
                "department": self.department,
                "part": self.part,
                "rule_id": self.rule_id,
                "rule_name": self.rule_name,
                "level": self.level,
                "state": self.state,
                "area_code": self.area_code,
                "accept_due": self.accept_due.isoformat() + _BEIJING_OFFSET,
                "path": f"/alerts/{self.alert_id}",
            },
        }

    def body(self) -> bytes:
        """The bytes that are signed and sent; the same on every try."""
        return json.dumps(self.as_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
