"""`python -m bench [--quick] [FIGURE ...]`; figures are named as in `FIGURES`."""

import argparse
import sys

from bench import (
    direct,
    imports,
    listing,
    memory,
    overhead,
    profiles,
    read_along,
    reading,
    renditions,
    stored,
    throughput,
    upload,
    web,
)
from bench.report import RESULTS, save, table
from local.runner.process import interrupt_when_told_to_end

FIGURES = {
    "imports": imports.measure,
    "renditions": renditions.measure,
    "listing": listing.measure,
    "upload": upload.measure,
    "stored": stored.measure,
    "direct": direct.measure,
    "overhead": overhead.measure,
    "profiles": profiles.measure,
    "read-along": read_along.measure,
    "web": web.measure,
    "reading": reading.measure,
    "throughput": throughput.measure,
    "memory": memory.measure,
}


def main() -> int:
    """Measure and report; the exit status is 0 whether or not the targets are met."""
    interrupt_when_told_to_end()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pages and repeats")
    parser.add_argument("figures", nargs="*", metavar="figure", help=", ".join(FIGURES))
    arguments = parser.parse_args()
    unknown = set(arguments.figures) - set(FIGURES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(FIGURES)}")
    results = []
    try:
        for name in arguments.figures or FIGURES:
            print(f"Measuring {name} ...", flush=True)
            results += FIGURES[name](quick=arguments.quick)
    except KeyboardInterrupt:
        print("\nStopped; nothing was written.")
        return 130
    save(results, quick=arguments.quick)
    print(f"\n{table(results)}\n\nWritten to {RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
