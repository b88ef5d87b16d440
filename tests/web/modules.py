"""Runs functions of the page's modules in the page, where they belong."""

import base64
from typing import Any

from playwright.sync_api import Page

_RUN = """
async ([name, argument]) => {{
    const main = document.querySelector("script[type=module]").src;
    const module = await import(new URL(`./${{name}}`, main));
    return ({body})(module, argument);
}}
"""


def run(page: Page, module: str, body: str, argument: Any = None) -> Any:
    """Call a JavaScript function with a module of `web/app` and an argument."""
    return page.evaluate(_RUN.format(body=body), [module, argument])


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
