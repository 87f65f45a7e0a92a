"""Facts (事实): the tables every rule and every read sees, with their exact columns and types.

All timestamps are naive Beijing time to the second, so that a Beijing day is a plain cast on any
engine. `line_id` is the key of the feed, its parts joined by "/" (moments as 2026-05-01T08:30:00):
"<pharmacy_id>/<sale_id>" for a sale. It stays the same through corrections.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import ibis.expr.types as ir

from yaotong.fact_schemas import (
    AREAS_SCHEMA,
    BROWSING_SCHEMA,
    CROSS_MATCHES_SCHEMA,
    DAYS_SCHEMA,
    DRUGS_SCHEMA,
    DUTY_SCHEMA,
    FACT_MOMENTS,
    FACT_SCHEMAS,
    INSPECTIONS_SCHEMA,
    KEYS,
    LINKS,
    NOTICES_SCHEMA,
    OPENINGS_SCHEMA,
    PHARMACIES_SCHEMA,
    PRESCRIPTIONS_SCHEMA,
    PURCHASES_SCHEMA,
    RECALLS_SCHEMA,
    REGISTER_DAYS,
    SALES_SCHEMA,
    SETTLEMENTS_SCHEMA,
    SIGNALS_SCHEMA,
    STOCK_COUNTS_SCHEMA,
    STOCK_MOVES_SCHEMA,
    SUPPLIERS_SCHEMA,
    Apart,
    Link,
)

__all__ = [
    "AREAS_SCHEMA",
    "BROWSING_SCHEMA",
    "CROSS_MATCHES_SCHEMA",
    "DAYS_SCHEMA",
    "DRUGS_SCHEMA",
    "DUTY_SCHEMA",
    "FACT_MOMENTS",
    "FACT_SCHEMAS",
    "INSPECTIONS_SCHEMA",
    "KEYS",
    "LINKS",
    "NOTICES_SCHEMA",
    "OPENINGS_SCHEMA",
    "PHARMACIES_SCHEMA",
    "PRESCRIPTIONS_SCHEMA",
    "PURCHASES_SCHEMA",
    "RECALLS_SCHEMA",
    "REGISTER_DAYS",
    "SALES_SCHEMA",
    "SETTLEMENTS_SCHEMA",
    "SIGNALS_SCHEMA",
    "STOCK_COUNTS_SCHEMA",
    "STOCK_MOVES_SCHEMA",
    "SUPPLIERS_SCHEMA",
    "Apart",
    "Facts",
    "Link",
    "Sold",
    "Window",
]
# What a sale is told of its drug.
_OF_DRUGS = (
    "drug_name", "categories", "active_mg_per_pack", "prescription", "limit_per_sale", "product_code",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sold:
    """Sales and the drugs they are of, at one data version; a corrected line stands in its last wording."""

    sales: ir.Table
    drugs: ir.Table

    def sales_of(self, *categories: str) -> ir.Table:
        """Sales lines of drugs that bore any of the categories on the day of sale.

        Adds drug_name, categories, active_mg_per_pack, prescription, limit_per_sale and product_code.
        """
        drugs = self.drugs
        wanted = drugs.categories.contains(f"|{categories[0]}|")
        for category in categories[1:]:
            wanted = wanted | drugs.categories.contains(f"|{category}|")
        return self._with_drug(drugs.filter(wanted))

    def sales_with_drug(self) -> ir.Table:
        """All sales lines with the drug's attributes on the day of sale."""
        return self._with_drug(self.drugs)

    def _with_drug(self, drugs: ir.Table) -> ir.Table:
        sales, day = self.sales, self.sales.sold_at.date()
        joined = sales.join(
            drugs,
            [sales.drug_code == drugs.drug_code, day >= drugs.valid_from, day <= drugs.valid_to],
        )
        return joined.select(*(sales[name] for name in sales.columns), *(drugs[name] for name in _OF_DRUGS))


@dataclass(frozen=True, slots=True)
class Facts(Sold):
    """One consistent set of tables at one data version, as Ibis expressions of the same backend.

    Every table of lines holds current ones only: a corrected line stands once, in its last wording.
    `days` covers every day from the first sale to the last day of the window asked for. `openings`
    reaches one day further; a shop has no row on a day for which its hours are unknown.
    """

    purchases: ir.Table
    pharmacies: ir.Table
    areas: ir.Table
    recalls: ir.Table
    notices: ir.Table
    days: ir.Table
    stock_counts: ir.Table
    prescriptions: ir.Table
    settlements: ir.Table
    duty: ir.Table
    inspections: ir.Table
    openings: ir.Table
    # Buyers who reach a threshold together with another region, as exchanged with it.
    cross_matches: ir.Table
    # Accounts that looked at people out of the ordinary, and never what they saw.
    browsing: ir.Table
    stock_moves: ir.Table
    # Firms that may sell to pharmacies, with the days their permits run; empty where no register was sent.
    suppliers: ir.Table

    def sharing(self, feed: str, link: Link, since: datetime) -> ir.Table:
        """Lines of a feed: at the least all that share a key with a line of any feed since a moment."""
        lines: ir.Table = getattr(self, feed)
        return lines

    def shop_days(self, since: datetime, until: datetime) -> ir.Table:
        """pharmacy_id, day, lines, and those of them sold and returned, from day to day (until excluded)."""
        sales = self.sales
        some = sales.filter(sales.sold_at >= since, sales.sold_at < until)
        return some.group_by("pharmacy_id", day=some.sold_at.date()).agg(
            lines=some.count(),
            sold=(some.quantity > 0).ifelse(1, 0).sum(),
            returned=(some.quantity < 0).ifelse(1, 0).sum(),
        )

    def every_shop_day(self) -> ir.Table:
        """As shop_days, of all days."""
        return self.shop_days(datetime(1900, 1, 1), datetime(9999, 12, 31))

    def first_sold(self) -> ir.Table:
        """One row, `first`: the day of the first sale ever sent."""
        return self.sales.aggregate(first=self.sales.sold_at.min().date())

    def signals(self, since: date, until: date) -> ir.Table:
        """SIGNALS_SCHEMA: what stands out in the daily sales of the watched groups, both days included.

        The sales are counted and judged when this is called; a day's are not changed by later days.
        """
        from yaotong.signals import signals_table  # the detector knows the calendar, which knows the facts

        return signals_table(self, since, until)


@dataclass(frozen=True, slots=True)
class Window:
    """The Beijing days a run is asked about, both included."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.since > self.until:
            raise ValueError(f"a window cannot end ({self.until}) before it starts ({self.since})")

    @property
    def start(self) -> datetime:
        """First moment inside."""
        return datetime.combine(self.since, datetime.min.time())

    @property
    def end(self) -> datetime:
        """First moment after."""
        return datetime.combine(self.until + timedelta(days=1), datetime.min.time())

    def widened(self, days: int) -> Window:
        """The same window starting `days` earlier: what a rule must read to judge its first day."""
        return Window(self.since - timedelta(days=days), self.until)
