"""A slow connection: everything that goes through it waits, and shares a bandwidth.

Chromium can slow down a page, but not the service worker's own requests; this slows down both.
"""

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 4096


@contextmanager
def slowed(url: str, *, bits_per_second: int, round_trip: float) -> Iterator[str]:
    """Yield the URL of the same server, as if it were far away.

    Args:
        bits_per_second: Of all that the server sends together; what it receives is not limited.
        round_trip: Seconds; half of them pass each way, and one of them before a connection.
    """
    target = (urlsplit(url).hostname or "", urlsplit(url).port or 80)
    pace = _Pace(bits_per_second / 8)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):  # the listener is closed at the end
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=connect, args=(client,), daemon=True).start()

        def connect(client: socket.socket) -> None:
            threading.Event().wait(round_trip)
            with suppress(OSError), client, socket.create_connection(target) as server:
                back = threading.Thread(
                    target=_carry, args=(server, client, round_trip / 2, pace), daemon=True
                )
                back.start()
                _carry(client, server, round_trip / 2, None)
                back.join()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


class _Pace:
    """Says when the next bytes have passed a line that all connections share."""

    def __init__(self, bytes_per_second: float) -> None:
        self._seconds_per_byte = 1 / bytes_per_second
        self._lock = threading.Lock()
        self._free_at = 0.0

    def passed_at(self, count: int) -> float:
        with self._lock:
            begins = max(self._free_at, time.perf_counter())
            self._free_at = begins + count * self._seconds_per_byte
            return self._free_at


def _carry(source: socket.socket, sink: socket.socket, delay: float, pace: _Pace | None) -> None:
    """Carry bytes one way until there are no more; each chunk arrives `delay` later."""
    under_way: deque[tuple[float, bytes]] = deque()
    is_open = True
    with suppress(OSError):
        while is_open or under_way:
            now = time.perf_counter()
            while under_way and under_way[0][0] <= now:
                sink.sendall(under_way.popleft()[1])
            wait = max(0.0, under_way[0][0] - now) if under_way else None
            if not is_open:
                threading.Event().wait(wait)
                continue
            if select.select([source], [], [], wait)[0]:
                chunk = source.recv(_CHUNK)
                is_open = bool(chunk)
                passed = pace.passed_at(len(chunk)) if pace else time.perf_counter()
                if chunk:
                    under_way.append((passed + delay, chunk))
        sink.shutdown(socket.SHUT_WR)
