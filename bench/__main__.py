"""`python -m bench [--quick] [overhead upload throughput imports memory]`."""

import argparse

from bench import imports, memory, overhead, throughput, upload
from bench.report import RESULTS, save, table

FIGURES = {
    "imports": imports.measure,
    "upload": upload.measure,
    "overhead": overhead.measure,
    "throughput": throughput.measure,
    "memory": memory.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pages and repeats")
    parser.add_argument("figures", nargs="*", metavar="figure", help=", ".join(FIGURES))
    arguments = parser.parse_args()
    unknown = set(arguments.figures) - set(FIGURES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(FIGURES)}")
    results = []
    for name in arguments.figures or FIGURES:
        print(f"Measuring {name} ...", flush=True)
        results += FIGURES[name](quick=arguments.quick)
    save(results, quick=arguments.quick)
    print(f"\n{table(results)}\n\nWritten to {RESULTS}")


if __name__ == "__main__":
    main()
