"""Who looks or acts: an account's department, area and role. Permissions are decided from this alone."""

from __future__ import annotations

from dataclasses import dataclass, field

# Who works with alerts and data; who looks after the system, each a part and none of them the data; and an
# account whose role the security administrator has yet to give.
OFFICE = ("officer", "leader", "admin")
ADMINISTRATORS = ("sysadmin", "secadmin", "auditor")
UNGRANTED = "none"
ROLES = (*OFFICE, *ADMINISTRATORS, UNGRANTED)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person. `area_code` limits what they see to that area and all below it.

    Administrators see no business data: `yaotong.duties` tells what each may do. `origin` is where the
    request came from.
    """

    username: str
    display_name: str
    department: str
    area_code: str
    role: str = "officer"
    origin: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ValueError(f"{self.role!r} is not a role: {', '.join(ROLES)}")

    @property
    def leads(self) -> bool:
        """Whether what is the leaders' alone is open to this person."""
        return self.role in ("leader", "admin")

    @property
    def works(self) -> bool:
        """Whether this person has to do with alerts and data at all."""
        return self.role in OFFICE

    def covers(self, area_code: str | None) -> bool:
        """Whether a place lies in the viewer's area; what has no place is seen at county level and above."""
        if not self.works:
            return False
        if area_code is None:
            return len(self.area_code) <= 6
        return area_code.startswith(self.area_code)


SYSTEM = Viewer("system", "系统", "system", "", "admin")
