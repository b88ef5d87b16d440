"""Plants each bug of mutants.toml alone, in a copy of the tree, and tells which test notices it.

`mutants-noticed.json` has the tests that noticed each mutant in the last complete run. Run this
after the code moves: every mutant must be noticed again.

    python -m tests.mutants --check  # does each mutant still have its place?
    python -m tests.mutants --out after.json
"""

# ruff: noqa: S603, T201

import argparse
import ast
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, NamedTuple

PROJECT: Final = Path(__file__).resolve().parent.parent
NOTICED: Final = PROJECT / "tests/mutants-noticed.json"
DATA: Final = tomllib.loads((PROJECT / "tests/mutants.toml").read_text())
CODE: Final = ("app.py", "chalicelib/**/*.py", "local/**/*.py", "infrastructure/**/*.py")
PYTEST: Final = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider")
ROOM_SECONDS, PROOF_SECONDS, CONTROL_SECONDS = 120, 60, 900

Place = tuple[Path, str, int, int]  # a function or constant: file, dotted name, first and last line


class Plan(NamedTuple):
    """A mutant: the file that it changes, its new content, and what ought to notice it."""

    name: str
    file: Path
    content: str
    tests: list[str]
    proof: list[str]


def places_of(file: Path, body: list[ast.stmt], prefix: str) -> Iterator[Place]:
    """Every function, class and constant; docstrings are left out of their lines."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name, body=inner) | ast.ClassDef(name=name, body=inner):
                first = (inner[1:] or [node])[0] if ast.get_docstring(node) else node
                yield file, f"{prefix}.{name}", first.lineno, node.end_lineno or 0
                yield from places_of(file, inner, f"{prefix}.{name}")
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield file, f"{prefix}.{name}", node.lineno, node.end_lineno or 0


def plan_of(mutant: dict[str, Any], places: Sequence[Place]) -> Plan:
    """Find the place of a mutant, and its tests, the likely ones first.

    Raises:
        LookupError: None of its spellings fits exactly once.
    """
    found = [PROJECT.glob(each) for each in (*mutant["first"], *DATA["rooms"][mutant["room"]])]
    tests: dict[str, None] = {}
    for path in (each for some in found for each in sorted(some)):
        files = sorted(path.rglob("test_*.py")) if path.is_dir() else [path]
        tests |= dict.fromkeys(str(each.relative_to(PROJECT)) for each in files)
    proof = DATA["proof"]["tests"] if mutant.get("proof") else []
    named = [[each for each in places if each[1].endswith(f".{name}")] for name in mutant["in"]]
    place = next((each[0] for each in named if len(each) == 1), None)
    if place is None or not tests:
        raise LookupError(f"not the name of exactly one function, or no tests: {mutant['in']}")
    file, name, first, last = place
    lines = file.read_text().splitlines(keepends=True)
    code = "".join(lines[first - 1 : last])
    for old, new in mutant["edits"]:
        before, *after = re.split(r"\s+".join(map(re.escape, re.split(r"\s+", old))), code)
        if len(after) == 1:
            content = "".join([*lines[: first - 1], before, new, *after, *lines[last:]])
            ast.parse(content)
            return Plan(mutant["name"], file.relative_to(PROJECT), content, [*tests], proof)
    raise LookupError(f"not exactly once in {name}: {mutant['edits']}")


def copy_to(tree: Path) -> Path:
    """Copy what git knows, or would add: nothing is planted in the work tree itself."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listing, cwd=PROJECT, text=True).split("\0"):
        if (PROJECT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, tree / name)
    return tree


def first_failure(tree: Path, tests: Sequence[str], seconds: int) -> str | None:
    """The first test that fails; None if none does within so many seconds of the processor.

    The clock gets ten times as many: how busy the machine is must not change what is noticed.
    """
    limited = ["sh", "-c", f'ulimit -t {seconds}; exec "$@"', "sh", *PYTEST, *tests]
    log = tree / "mutants.log"
    with log.open("w") as output:
        try:
            into: Any = {"cwd": tree, "stdout": output, "stderr": output}
            code = subprocess.call(limited, timeout=10 * seconds, **into)
        except subprocess.TimeoutExpired:
            return None
    failed = re.search(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", log.read_text(), re.MULTILINE)
    if code > 0 and not failed:
        raise LookupError(log.read_text()[-1000:])
    return failed[1] if failed else None


def tried(plan: Plan, trees: "SimpleQueue[Path]") -> list[str]:
    """The tests that notice a mutant: the first one of its room, and the first one of the proof."""
    began, tree = time.monotonic(), trees.get()
    try:
        (tree / plan.file).write_text(plan.content)
        found = [first_failure(tree, plan.tests, ROOM_SECONDS)]
        found += [first_failure(tree, plan.proof, PROOF_SECONDS)] if plan.proof else []
    finally:
        shutil.copy(PROJECT / plan.file, tree / plan.file)
        trees.put(tree)
    seconds = round(time.monotonic() - began)
    tests = [each for each in found if each]
    print(f"{plan.name}: {' and '.join(tests) or 'NOT noticed'}, {seconds} s", flush=True)
    return tests


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a part of the names")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="only look for each one's place")
    parser.add_argument("--out", type=Path, help="where to keep the results; adds to older ones")
    given = parser.parse_args()
    files = [file for pattern in CODE for file in PROJECT.glob(pattern)]
    dotted = [(file, str(file.with_suffix("")).replace("/", ".")) for file in files]
    parsed = [(file, ast.parse(file.read_text()).body, name) for file, name in dotted]
    places = [place for module in parsed for place in places_of(*module)]
    plans, lost = [], 0
    for mutant in sorted(DATA["mutant"], key=lambda each: "proof" not in each):
        try:
            plans += [plan_of(mutant, places)] if given.only in mutant["name"] else []
        except LookupError as error:
            lost += 1
            print(f"{mutant['name']}: LOST, {error}")
    if lost or given.check:
        return lost
    trees, every = SimpleQueue[Path](), {test for plan in plans for test in plan.tests + plan.proof}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.jobs) as pool:
        for number in range(given.jobs):
            trees.put(copy_to(Path(folder, str(number))))
        if broken := first_failure(Path(folder, "0"), sorted(every), CONTROL_SECONDS):
            print(f"{broken} fails without a mutant")
            return 1
        results = json.loads(given.out.read_text()) if given.out and given.out.exists() else {}
        for plan, tests in zip(
            plans, pool.map(lambda each: tried(each, trees), plans), strict=True
        ):
            results[plan.name] = tests
            if given.out:  # after each mutant: a complete run takes half an hour
                given.out.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    noticed = {plan.name for plan in plans if results[plan.name]}
    print(f"{len(noticed)} of {len(plans)} are noticed")
    wanted = {name for name, tests in json.loads(NOTICED.read_text()).items() if tests}
    lost_now = sorted({plan.name for plan in plans} & wanted - noticed)
    for name in lost_now:
        print(f"Not noticed any more: {name}")
    return len(lost_now)


if __name__ == "__main__":
    sys.exit(main())
