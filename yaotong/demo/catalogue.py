"""The seed catalogue (supervision.md §1.3) with the weights that make a town buy it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.demo.plan import Bools, Floats, Ints
from yaotong.records import DRUGS

_FILE = Path(__file__).with_name("catalogue.csv")
# Categories whose buyers a shop registers with name and ID.
REGISTERED = ("EPH", "OPI_CMP", "PSY2", "TOXIC")
# Categories a licence must name before a shop may sell them; the others follow from these.
COUNTER_ONLY = ("EPH", "OPI_CMP", "PSY2", "TOXIC", "BLOOD", "DUAL")


@dataclass(frozen=True)
class Catalogue:
    """Drugs as the city sells them: `dated` holds every dated row, the arrays one place per drug code."""

    dated: pd.DataFrame
    current: pd.DataFrame

    @cached_property
    def drug_codes(self) -> NDArray[np.object_]:
        """Drug codes in catalogue order, shape [drugs]."""
        return self.current["drug_code"].to_numpy(dtype=object)

    @cached_property
    def groups(self) -> NDArray[np.object_]:
        """Demand group of each drug: fever, cough, eph, ..., shape [drugs]."""
        return self.current["group"].to_numpy(dtype=object)

    @cached_property
    def weights(self) -> Floats:
        """Share of lines before a shop's scope and taste, shape [drugs]."""
        return self.current["weight"].to_numpy(dtype=np.float64)

    @cached_property
    def prices_fen(self) -> Ints:
        """List price of one pack in fen, shape [drugs]."""
        return self.current["price_fen"].to_numpy(dtype=np.int64)

    @cached_property
    def product_codes(self) -> NDArray[np.str_]:
        """First seven digits of each drug's trace codes, shape [drugs]."""
        return self.current["product_code"].to_numpy(dtype=np.str_)

    def position(self, drug_code: str) -> int:
        """Place of a drug code; KeyError when the catalogue does not hold it."""
        found = np.flatnonzero(self.drug_codes == drug_code)
        if not len(found):
            raise KeyError(drug_code)
        return int(found[0])

    def bears(self, *categories: str) -> Bools:
        """Which drugs now bear any of the categories, shape [drugs]."""
        sets = self.current["category"].str.split("|")
        return np.array([bool(set(one) & set(categories)) for one in sets])

    def of_groups(self, *groups: str) -> Bools:
        """Which drugs belong to any of the demand groups, shape [drugs]."""
        return np.isin(self.groups.astype(str), groups)

    def feed(self) -> pd.DataFrame:
        """The `drugs` feed: every dated row, contract columns only."""
        return self.dated.reindex(columns=list(DRUGS.names), fill_value="")


def read_catalogue(until: date) -> Catalogue:
    """The catalogue, and its rows as they stand on the city's last day."""
    dated = pd.read_csv(_FILE, dtype=str, keep_default_na=False)
    today = until.isoformat()
    valid = (dated["valid_from"] <= today) & ((dated["valid_to"] == "") | (dated["valid_to"] >= today))
    return Catalogue(dated, dated[valid].reset_index(drop=True))
