"""Notices what a page must not do: errors on its console, breaches of its CSP, foreign requests."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

_TELL_BREACHES = """
document.addEventListener("securitypolicyviolation", (breach) =>
    console.error(`CSP: ${breach.violatedDirective} blocks ${breach.blockedURI}`));
"""
_WITHOUT_NETWORK = ("data:", "blob:", "about:", "chrome:", "chrome-extension:")


@dataclass
class Guard:
    """Collects what went wrong in pages of one origin.

    Attributes:
        origin: Of the page, such as ``http://127.0.0.1:8080``.
        requests: The address of each request, in order.
    """

    origin: str
    requests: list[str] = field(default_factory=list)
    _troubles: list[str] = field(default_factory=list)
    _expected: list[str] = field(default_factory=list)

    def expect(self, *patterns: str) -> None:
        """Let troubles that match one of these regular expressions pass, before or after now."""
        self._expected += patterns

    def watch(self, context: BrowserContext) -> None:
        """Collect the troubles of all pages of a context."""
        context.add_init_script(_TELL_BREACHES)
        context.on("console", self._hear)
        context.on("weberror", self._fail)
        context.on("request", self._see)

    def troubles(self) -> list[str]:
        """Return what no test expected."""
        return [
            each
            for each in self._troubles
            if not any(re.search(pattern, each) for pattern in self._expected)
        ]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._troubles.append(f"{message.text} ({message.location['url']})")

    def _fail(self, error: WebError) -> None:
        self._troubles.append(f"uncaught: {error.error}")

    def _see(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((f"{self.origin}/", *_WITHOUT_NETWORK)):
            self._troubles.append(f"a request to another origin: {request.url}")
