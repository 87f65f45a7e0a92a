"""Figures that were asked for, each beside what was measured, and what the machine was doing meanwhile."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it is of, what came out, and the bound it was to keep (from above or from below)."""

    name: str
    measured: float
    bound: float
    unit: str
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the bound is kept; exactly the bound is kept by what is to reach it alone."""
        return self.measured >= self.bound if self.at_least else self.measured < self.bound

    @property
    def line(self) -> str:
        """The figure as one line."""
        sign = "至少" if self.at_least else "低于"
        told = f"{self.measured:,.0f}" if self.measured >= 100 else f"{self.measured:,.1f}"
        return (
            f"  {'达到' if self.met else '没有达到'}  {self.name}：{told} {self.unit}"
            f"（要求{sign} {self.bound:,.0f} {self.unit}）"
        )


def machine() -> str:
    """Cores, and how much was going on on them."""
    one, five, _ = os.getloadavg()
    return f"{os.cpu_count()} 核，负荷 {one:.1f}（五分钟 {five:.1f}），本进程 nice {os.nice(0)}"


def summary(figures: list[Figure]) -> bool:
    """Print all figures; whether every bound is kept."""
    print("== 与要求对照", flush=True)
    for one in figures:
        print(one.line, flush=True)
    print(f"  机器：{machine()}", flush=True)
    return all(one.met for one in figures)
