"""A figure beside its target, the table of all figures, and the JSON that keeps them."""

import datetime
import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        name: What was measured, in a few words.
        measured: The figure itself; of several repeats, the median.
        target: What it should be at most or at least.
        bound: Which of the two.
        unit: Written behind both numbers: "x", "%", " GB".
        details: The quantities that the figure was made of, for readers who want to know why.
    """

    name: str
    measured: float
    target: float
    bound: Literal["at most", "at least"]
    unit: str
    details: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        if self.bound == "at most":
            return self.measured <= self.target
        return self.measured >= self.target


def table(figures: Iterable[Figure]) -> str:
    """Lay the figures out as lines of text, each with its details below it."""
    lines = [f"{'figure':<46}{'measured':>10}{'target':>18}  met"]
    for figure in figures:
        target = f"{figure.bound} {figure.target:g}{figure.unit}"
        measured = f"{figure.measured:.2f}{figure.unit}"
        lines.append(
            f"{figure.name:<46}{measured:>10}{target:>18}  {'yes' if figure.met else 'NO'}"
        )
        lines.append("    " + ", ".join(f"{key} {value}" for key, value in figure.details.items()))
    return "\n".join(lines)


def save(figures: Sequence[Figure], *, quick: bool, path: Path = RESULTS) -> None:
    """Write the figures and where they were measured as JSON."""
    document = {
        "measured_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "machine": {
            "cores": os.cpu_count(),
            "platform": platform.platform(),
            "python": platform.python_version(),
        },
        "figures": [asdict(figure) | {"met": figure.met} for figure in figures],
    }
    path.write_text(json.dumps(document, indent=2) + "\n")
