"""Who looks or acts: an account's department, area and role. Permissions are decided from this alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person. `area_code` limits what they see to that area and all below it."""

    username: str
    display_name: str
    department: str
    area_code: str
    role: str = "officer"

    def __post_init__(self) -> None:
        if self.role not in ("officer", "leader", "admin"):
            raise ValueError(f"{self.role!r} is not a role: officer, leader or admin")

    def covers(self, area_code: str | None) -> bool:
        """Whether a place lies in the viewer's area; what has no place is seen at county level and above."""
        if area_code is None:
            return len(self.area_code) <= 6
        return area_code.startswith(self.area_code)


SYSTEM = Viewer("system", "系统", "system", "", "admin")
