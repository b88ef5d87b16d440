"""An HTTP request whose body is read, so that several parts can look at it."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


@dataclass(frozen=True)
class Received:
    """A WSGI environment and the whole body that came with it."""

    _environ: "WSGIEnvironment"
    body: bytes

    @classmethod
    def from_wsgi(cls, environ: "WSGIEnvironment") -> Self:
        """Read the body to its end; the server has decoded any chunks."""
        return cls(environ, environ["wsgi.input"].read())

    def environ(self) -> dict[str, Any]:
        """Return a WSGI environment of the reader's own, from the body's first byte."""
        return self._environ | {
            "wsgi.input": io.BytesIO(self.body),
            "CONTENT_LENGTH": str(len(self.body)),
            # moto reads the target under this name; keys keep their %2F.
            "RAW_URI": self._environ["REQUEST_URI"],
        }

    def replaced(self, body: bytes, **environ: str) -> "Received":
        """Return this request with another body and other variables."""
        return Received(self._environ | environ, body)

    @property
    def method(self) -> str:
        return str(self._environ["REQUEST_METHOD"])

    @property
    def path(self) -> str:
        return str(self._environ["PATH_INFO"]).encode("latin-1").decode("utf-8", "replace")

    @property
    def raw_path(self) -> str:
        """The path as it came, without the host that clients send to proxies, and the query."""
        uri = str(self._environ["REQUEST_URI"])
        if not uri.startswith("/"):
            uri = "/" + uri.partition("://")[2].partition("/")[2]
        return uri.partition("?")[0]

    @property
    def content_type(self) -> str:
        return self.header("Content-Type")

    @property
    def authorization(self) -> str:
        return self.header("Authorization")

    def header(self, name: str) -> str:
        variable = name.upper().replace("-", "_")
        prefix = "" if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"} else "HTTP_"
        return str(self._environ.get(f"{prefix}{variable}", ""))
