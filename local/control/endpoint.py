"""``/_local/…``: shows what the stack did, and takes faults."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.wrappers import Response

from local.control.calls import Calls
from local.control.faults import Fault, Faults
from local.control.inbox import Inbox
from local.control.measures import Requests, Timings
from local.services.received import Received

PATH: Final = "/_local/"


@dataclass(frozen=True)
class _Resource:
    read: Callable[[], Any]
    clear: Callable[[], None]
    add: Callable[[Any], Any] | None = None


class Control:
    """Answers GET with a resource, empties it on DELETE, and adds a fault on POST."""

    def __init__(
        self, requests: Requests, calls: Calls, timings: Timings, inbox: Inbox, faults: Faults
    ) -> None:
        self._faults = faults
        self._resources = {
            "requests": _Resource(requests.to_json, requests.clear),
            "calls": _Resource(calls.to_json, calls.clear),
            "counts": _Resource(calls.counts, calls.clear_counts),
            "timings": _Resource(timings.to_json, timings.clear),
            "inbox": _Resource(inbox.to_json, inbox.clear),
            "faults": _Resource(self._pending_faults, faults.clear, self._add_fault),
        }

    def answer(self, received: Received) -> Response:
        name = received.path.removeprefix(PATH).rstrip("/")
        resource = self._resources.get(name)
        if resource is None:
            known = ", ".join(PATH + each for each in self._resources)
            return _error(404, "not_found", f"There is no {PATH}{name}; there are {known}.")
        if received.method in {"GET", "HEAD"}:
            return _json(200, resource.read())
        if received.method == "DELETE":
            resource.clear()
            return Response(status=204)
        if received.method == "POST" and resource.add is not None:
            return self._added(resource.add, received.body)
        return _error(405, "method_not_allowed", f"{PATH}{name} does not take {received.method}.")

    def _added(self, add: Callable[[Any], Any], body: bytes) -> Response:
        try:
            return _json(201, add(json.loads(body)))
        except (UnicodeDecodeError, json.JSONDecodeError):
            return _error(400, "invalid_request", "The body must be JSON.")
        except ValueError as error:
            return _error(400, "invalid_request", str(error))

    def _add_fault(self, wanted: object) -> dict[str, Any]:
        fault = Fault.from_json(wanted)
        self._faults.add(fault)
        return fault.to_json()

    def _pending_faults(self) -> list[dict[str, Any]]:
        return [fault.to_json() for fault in self._faults.pending()]


def _json(status: int, content: Any) -> Response:
    return Response(json.dumps(content) + "\n", status, mimetype="application/json")


def _error(status: int, code: str, message: str) -> Response:
    return _json(status, {"code": code, "message": message})
