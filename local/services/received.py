"""An HTTP request with its body read, so that it can be looked at more than once."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs

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
        """A WSGI environment of its own for each reader, from the body's first byte."""
        return self._environ | {
            "wsgi.input": io.BytesIO(self.body),
            "CONTENT_LENGTH": str(len(self.body)),
            # The target as it was sent, under the name that moto reads it: keys keep their %2F.
            "RAW_URI": self._environ["REQUEST_URI"],
        }

    def replaced(self, body: bytes, **environ: str) -> "Received":
        """The same request with another body and other variables."""
        return Received(self._environ | environ, body)

    @property
    def method(self) -> str:
        return str(self._environ["REQUEST_METHOD"])

    @property
    def path(self) -> str:
        """The path, decoded."""
        return str(self._environ["PATH_INFO"]).encode("latin-1").decode("utf-8", "replace")

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters, decoded; of a repeated one the last."""
        fields = parse_qs(self._environ["QUERY_STRING"], keep_blank_values=True)
        return {name: values[-1] for name, values in fields.items()}

    @property
    def content_type(self) -> str:
        return self.header("Content-Type")

    @property
    def authorization(self) -> str:
        return self.header("Authorization")

    @property
    def header_names(self) -> list[str]:
        """What headers came, in lower case, but for the content's own."""
        names = (name for name in self._environ if name.startswith("HTTP_"))
        return [name.removeprefix("HTTP_").replace("_", "-").lower() for name in names]

    def header(self, name: str) -> str:
        """A header's value, or the empty string."""
        variable = name.upper().replace("-", "_")
        prefix = "" if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"} else "HTTP_"
        return str(self._environ.get(f"{prefix}{variable}", ""))
