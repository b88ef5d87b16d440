"""Routes that say what they take and answer; `openapi` makes a document of it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from chalice.app import Chalice, Response
from msgspec import Struct

from chalicelib.http.bodies import Problem
from chalicelib.http.forms import FORM
from chalicelib.http.parameters import Parameter
from chalicelib.http.responses import answering_errors
from chalicelib.stories.upload_request import EXTENSIONS

JSON: Final = "application/json"

Kinds = tuple[Any, ...]
"""Of these types a body is one: structs, or a `ListOf` structs."""
_View = Callable[..., Response]


class ListOf(Struct, frozen=True):
    """A list. Each entry is one of these structs."""

    summary: str
    kinds: Kinds


class RequestBody(Struct, frozen=True):
    """What the body of a request is.

    Attributes:
        kind: A struct; None: a photo.
        media_types: Values of Content-Type. A photo may have others that mean the same.
    """

    kind: Any
    media_types: tuple[str, ...] = (JSON,)


PHOTO: Final = RequestBody(None, tuple(EXTENSIONS))
PHOTO_OR_FORM: Final = RequestBody(None, (*EXTENSIONS, FORM))


class Operation(Struct, frozen=True, kw_only=True):
    """What a method does at a path.

    Attributes:
        name: The name of the view; another path of the same view has its own.
        answers: By status, what the body is one of.
        is_open: It needs no token.
    """

    method: str
    path: str
    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    body: RequestBody | None
    answers: Mapping[int, Kinds]
    is_open: bool


class Routes:
    """Registers the views of an app, with what each route says of itself.

    Args:
        app: The app.
        guard: The authorizer of all routes that are not open; None: every route is open.
    """

    def __init__(self, app: Chalice, guard: Any) -> None:
        self._app = app
        self._guard = guard
        self.operations: list[Operation] = []

    def __call__(
        self,
        method: str,
        *paths: str,
        summary: str,
        answers: Mapping[int, Any],
        refuses: tuple[int, ...] = (),
        parameters: tuple[Parameter, ...] = (),
        body: RequestBody | None = None,
        is_open: bool = False,
    ) -> Callable[[_View], _View]:
        """Register a view, which may raise the app's errors.

        Args:
            method: The HTTP method; GET answers HEAD, too.
            paths: Where the view answers; all the same.
            summary: What it does, in one line.
            answers: By status, the struct of the body, or the structs of which it is one.
            refuses: More statuses, each with a `Problem`.
            parameters: What it reads from the path, the query and the headers.
            body: What it takes; None: no body.
            is_open: It needs no token.
        """
        kinds = dict.fromkeys(refuses, (Problem,)) | {
            status: kind if isinstance(kind, tuple) else (kind,) for status, kind in answers.items()
        }
        methods = ["GET", "HEAD"] if method == "GET" else [method]
        # A photo may have any type: intake says what is wrong with it. Without a body, none counts.
        is_json = body is not None and body.media_types == (JSON,)
        guard = None if is_open else self._guard

        def register(view: _View) -> _View:
            for path in paths:
                name = view.__name__ if path == paths[0] else path.strip("/")
                operation = Operation(
                    method=method,
                    path=path,
                    name=name,
                    summary=summary,
                    parameters=parameters,
                    body=body,
                    answers=kinds,
                    is_open=guard is None,
                )
                self.operations.append(operation)
                self._app.route(
                    path,
                    methods=methods,
                    authorizer=guard,
                    content_types=[JSON] if is_json else ["*/*"],
                )(answering_errors(view))
            return view

        return register
