"""What the tenant has bought, and how much of it is used up."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

#: Trainings of each kind that a new tenant has bought.
_STOCK = 5


@dataclass(frozen=True)
class Credit:
    """One kind of training.

    Attributes:
        business: the vendor's ``business_type``.
        resource_type, sub_resource_type: as its page "Resource types" names them; the type of a
            Flexus package is nowhere told, and guessed.
        total, used: numbers of trainings.
    """

    business: str
    resource_type: str
    sub_resource_type: str | None
    total: int
    used: int


_KINDS = {
    "MODELING_2D": ("hws.resource.type.metastudio.avatarmodeling.number", None),
    "FLEXUS_2D": ("hws.resource.type.metastudio.flexus", "modeling_count_2d_model_flexus"),
}


class CreditStore:
    """The trainings that are paid for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        for business in _KINDS:
            connection.execute("INSERT OR IGNORE INTO credits VALUES (?, ?, 0)", (business, _STOCK))

    def all(self) -> list[Credit]:
        """Every kind."""
        rows = self._connection.execute("SELECT * FROM credits ORDER BY business DESC").fetchall()
        return [
            Credit(row["business"], *_KINDS[row["business"]], row["total"], row["used"])
            for row in rows
        ]

    def set(self, business: str, total: int, used: int) -> None:
        """Change what there is of a kind.

        Raises:
            KeyError: there is no such kind.
        """
        _ = _KINDS[business]
        self._connection.execute(
            "UPDATE credits SET total = ?, used = ? WHERE business = ?", (total, used, business)
        )

    def use(self, *, is_flexus: bool) -> None:
        """Use one up; there may be none left, which no document says is refused."""
        business = "FLEXUS_2D" if is_flexus else "MODELING_2D"
        self._connection.execute(
            "UPDATE credits SET used = used + 1 WHERE business = ?", (business,)
        )
