"""Facts of a night: what its rules meet with the past by a key, and the days of shops, are at hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import ibis.expr.types as ir

from yaotong.facts import KEYS, Apart, Facts, Link


class AtHand(Protocol):
    """What was looked up once for every rule of a run."""

    def sharing(self, feed: str, link: Link, since: datetime) -> ir.Table | None:
        """As Facts.sharing; None when so much would share a key that nothing is gained."""

    def shop_days(self) -> ir.Table | None:
        """As Facts.shop_days, of all days; None when they are not known beforehand."""

    def late_sales(self, since: datetime) -> ir.Table | None:
        """The sales of the last months without those before; None when they do not reach back so far."""


@dataclass(frozen=True, slots=True)
class NearFacts(Facts):
    """The facts, with what is at hand; `only` tells of whom they are, as a table of one column `key`."""

    at_hand: AtHand
    only: tuple[Apart, ir.Table] | None = None

    def sharing(self, feed: str, link: Link, since: datetime) -> ir.Table:
        """As of all facts, read from what is at hand where it is."""
        few = self.at_hand.sharing(feed, link, since)
        return Facts.sharing(self, feed, link, since) if few is None else self._of_whom(few, feed)

    def shop_days(self, since: datetime, until: datetime) -> ir.Table:
        """As of all facts, read from what is at hand where it is."""
        known = self.at_hand.shop_days()
        if known is None or (self.only is not None and self.only[0] != "pharmacy"):
            return Facts.shop_days(self, since, until)
        days = self._of_whom(known, "sales")
        return days.filter(days.day >= since.date(), days.day < until.date())

    def every_shop_day(self) -> ir.Table:
        """As of all facts, read from what is at hand where it is."""
        known = self.at_hand.shop_days()
        return Facts.every_shop_day(self) if known is None or self.only is not None else known

    def first_sold(self) -> ir.Table:
        """As of all facts, read from what is at hand where it is."""
        known = self.at_hand.shop_days()
        if known is None or self.only is not None:
            return Facts.first_sold(self)
        return known.aggregate(first=known.day.min())

    def late(self, since: datetime) -> NearFacts:
        """The facts for who reads no sales before a moment: no file of earlier months is then opened.

        Said beneath every question: an engine that keeps the lines for several parts of one keeps no others.
        """
        sales = self.at_hand.late_sales(since)
        if sales is None:
            sales = self.sales.filter(self.sales.sold_at >= since)
        return replace(self, sales=sales)

    def _of_whom(self, lines: ir.Table, feed: str) -> ir.Table:
        if self.only is None or feed not in KEYS[self.only[0]]:
            return lines
        apart, keys = self.only
        return lines.semi_join(keys, lines[KEYS[apart][feed]] == keys.key)
