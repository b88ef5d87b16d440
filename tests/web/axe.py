"""Asks axe-core what of a page breaks the accessibility guidelines."""

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

_SOURCE: Final = Path(__file__).resolve().parents[2] / ".venv-web/node_modules/axe-core/axe.min.js"
_TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN: Final = """
tags => axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] })
"""


def violations(page: Page) -> list[str]:
    """Return what WCAG 2.2 AA or axe's own good practice does not allow, with the element."""
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(_SOURCE.read_text())  # the CSP lets the debugger in
    result: dict[str, Any] = page.evaluate(_RUN, list(_TAGS))
    return [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
