"""One table: what each way takes, as a ratio to the plain way in the same run."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure of ours beside that of the plain way, in the same unit; less is better."""

    what: str
    ours: float
    plain: float
    unit: str
    plain_way: str
    goal: float | None = None
    """What the ratio has to be at most."""

    @property
    def ratio(self) -> float:
        """Ours divided by the plain way's."""
        return self.ours / self.plain

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"at most {self.goal:g}"
        return (
            f"{self.what:<44} {self.ours:>9.3g} {self.plain:>9.3g} {self.unit:<12} {self.ratio:>6.2f}  "
            f"{goal:<12} {self.plain_way}"
        )


def show(rows: Iterable[Row]) -> None:
    """Print ``rows`` as they come."""
    print(f"{'':<44} {'ours':>9} {'plain':>9} {'unit':<12} {'ratio':>6}  {'goal':<12} the plain way")
    for row in rows:
        print(row, flush=True)
