"""Every module of tables beside `schema`, so that whoever knows the collection knows them all."""

from __future__ import annotations

from yaotong.store import access_tables as access_tables
from yaotong.store import audit_tables as audit_tables
from yaotong.store import browsing_tables as browsing_tables
from yaotong.store import correction_tables as correction_tables
from yaotong.store import delivery_tables as delivery_tables
from yaotong.store import desk_tables as desk_tables
from yaotong.store import duty_tables as duty_tables
from yaotong.store import exchange_tables as exchange_tables
from yaotong.store import joint_tables as joint_tables
from yaotong.store import link_tables as link_tables
from yaotong.store import public_tables as public_tables
from yaotong.store import report_tables as report_tables
from yaotong.store import risk_tables as risk_tables
from yaotong.store import rule_tables as rule_tables
from yaotong.store import silence_tables as silence_tables
from yaotong.store import till_tables as till_tables
from yaotong.store import unmet_tables as unmet_tables
from yaotong.store import vault_tables as vault_tables
