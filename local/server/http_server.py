"""HTTP for the ports of the stack: waitress, with corrections.

waitress keeps connections alive, answers ``Expect: 100-continue``, decodes chunks, turns Nagle's
algorithm off and hands over complete requests only. A small S3 put takes 2.8 ms, and 3.5 with
werkzeug's own server, which closes every connection.
"""

import json
import logging
import re
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask, WSGITask

from local.resources.names import HOST

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_THREADS: Final = 64  # a long poll or a call of an engine holds one
_MEMORY_BYTES: Final = 16 * 1024 * 1024  # larger requests and answers go through a file
_MAX_BODY_BYTES: Final = 256 * 1024 * 1024  # read in full, so that the client can read the refusal
_SECONDS_TO_FINISH: Final = 2.0
_METADATA_NAME: Final = re.compile(rb"\r\nX-Amz-Meta-[^:]*")


class PortUnavailableError(Exception):
    """The port is unusable; the message names it and the reason."""


class HttpServer:
    """A WSGI server on one loopback port.

    It takes the port at once, so that a busy port is known before anything starts. Requests wait
    until `start`.

    Args:
        port: The port, or 0 for any free one.

    Raises:
        PortUnavailableError: Another program listens there, or the port needs more rights.
    """

    def __init__(self, port: int) -> None:
        self._socket = listening_socket(port, HOST)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._woken = threading.Event()
        self._wake: Callable[[], None] = lambda: None

    def start(self, application: "WSGIApplication") -> None:
        """Answer requests by `application`, in threads of the server's own."""
        # waitress warns of waiting requests, which every load test causes.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        connections: dict[int, Any] = {}
        server = create_server(
            application,
            map=connections,
            sockets=[self._socket],
            threads=_THREADS,
            connection_limit=1000,
            backlog=256,
            recv_bytes=65536,
            inbuf_overflow=_MEMORY_BYTES,
            outbuf_overflow=_MEMORY_BYTES,
            max_request_body_size=_MAX_BODY_BYTES,
            asyncore_use_poll=True,
            ident="storytime-local",
        )
        server.channel_class = _Channel
        self._wake = server.pull_trigger
        self._thread = threading.Thread(
            target=self._serve, args=(server, connections), name=f"http-{self.port}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection; running requests get two seconds to end."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._thread is None:
            self._socket.close()
            return
        self._wake()
        self._woken.set()
        self._thread.join()

    def _serve(self, server: Any, connections: dict[int, Any]) -> None:
        while not self._stopping.is_set():
            wasyncore.loop(timeout=30.0, use_poll=True, map=connections, count=1)
        self._woken.wait()  # until `stop` has woken this loop
        server.task_dispatcher.shutdown(timeout=_SECONDS_TO_FINISH)
        wasyncore.close_all(connections)


def listening_socket(port: int, host: str) -> socket.socket:
    """Return a socket that takes a port.

    Raises:
        PortUnavailableError: Another program listens there, or the port needs more rights.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        reason = (error.strerror or str(error)).lower()
        raise PortUnavailableError(f"port {port} cannot be used: {reason}") from error
    return listener


class _JsonErrorTask(ErrorTask):  # type: ignore[misc]  # waitress is not typed
    """Answers bad HTTP in the shape of all other errors."""

    def execute(self) -> None:
        error = self.request.error
        body = json.dumps(
            {
                "code": error.reason.lower().replace(" ", "_"),
                "message": f"This HTTP request cannot be taken: {error.body}.",
            }
        ).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Task(WSGITask):  # type: ignore[misc]  # waitress is not typed
    def build_response_header(self) -> bytes:
        """Write the names of S3's metadata in lower case; waitress capitalises every header.

        boto3 takes the keys of ``Metadata`` from them, and there case counts.
        """
        header: bytes = super().build_response_header()
        return _METADATA_NAME.sub(lambda match: match[0].lower(), header)


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress is not typed
    task_class = _Task
    error_task_class = _JsonErrorTask

    def send_continue(self) -> None:
        """Tell the client to go on, and keep the request complete if it is.

        waitress 3.0.2 does not, and waits for ever for the body of a request like boto3's
        ``put_object(Body=b"")``: ``Expect: 100-continue`` with ``Content-Length: 0``.
        """
        was_complete = self.request.completed
        super().send_continue()
        self.request.completed = was_complete
