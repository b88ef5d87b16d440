"""Stands for the distribution until the stack has one of its own; removed then."""

import contextlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

_WEB = Path(__file__).resolve().parents[2] / "web"
_FOLDER = "/v-000000000000/"
_TYPES = {
    ".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json", ".png": "image/png",
    ".json": "application/json", ".mp3": "audio/mpeg", ".jpg": "image/jpeg",
}  # fmt: skip
_CSP = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@contextmanager
def distribution(api_url: str, aws_url: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.startswith(("/api/", "/public/")):
                target = (
                    api_url + self.path.removeprefix("/api")
                    if self.path.startswith("/api/")
                    else f"{aws_url}/cdn{self.path}"
                )
                headers = {
                    k: v for k, v in self.headers.items() if k.lower() not in {"host", "connection"}
                }
                found = requests.request(
                    self.command,
                    target,
                    data=body,
                    headers=headers,
                    timeout=300,
                    allow_redirects=False,
                )
                kept = {
                    "content-type",
                    "content-range",
                    "accept-ranges",
                    "cache-control",
                    "etag",
                    "retry-after",
                }
                self.send(
                    found.status_code,
                    found.content,
                    {k: v for k, v in found.headers.items() if k.lower() in kept},
                )
                return
            path = self.path.partition("?")[0]
            path = "/index.html" if path == "/" else path.replace(_FOLDER, "/")
            file = _WEB / path[1:]
            if not file.is_file():
                self.send(403, b"", {})
                return
            content = file.read_bytes()
            if "/" not in path[1:]:
                text = content.decode().replace("/here/", _FOLDER)
                paths = [
                    _FOLDER + each.relative_to(_WEB).as_posix()
                    for each in sorted(_WEB.rglob("*.*"))
                    if re.match(
                        r"(app|style|vendor|icons)/.*(?<!\.d)\.(js|css|svg|png)$",
                        each.relative_to(_WEB).as_posix(),
                    )
                ]
                text = re.sub(r"/\*FILES\*/ ?\[\]", str(["/", *paths]), text)
                content = text.encode()
            self.send(
                200, content, {"Content-Type": _TYPES[file.suffix], "Cache-Control": "no-cache"}
            )

        def send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", _CSP)
            self.end_headers()
            if self.command != "HEAD":
                with contextlib.suppress(BrokenPipeError):
                    self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PATCH = do_DELETE = do_PUT = do_OPTIONS = answer  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
