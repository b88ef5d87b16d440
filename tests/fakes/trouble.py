"""Makes calls of a fake fail, or lets something happen around one of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from chalicelib.errors import TransientError

AWAY: Final = TransientError("AWS is away")


@contextmanager
def failing(place: Any, *names: str, error: BaseException = AWAY) -> Iterator[None]:
    """Let these methods raise until the block ends.

    Args:
        place: A fake, or a dictionary of functions.
    """
    before = {name: _found(place, name) for name in names}
    fail(place, *names, error=error)
    yield
    for name, function in before.items():
        put(place, name, function)


def fail(place: Any, *names: str, error: BaseException = AWAY) -> None:
    """Let these methods raise from now on."""

    def raises(*_: Any, **__: Any) -> Any:
        raise error

    for name in names:
        put(place, name, raises)


def before(place: Any, name: str, event: Callable[[], object]) -> None:
    """Let something happen just before the next call."""
    function = _found(place, name)

    def interrupted(*given: Any, **named: Any) -> Any:
        put(place, name, function)
        event()
        return function(*given, **named)

    put(place, name, interrupted)


def lose_answer(place: Any, name: str, error: BaseException | None = None) -> None:
    """Let the next call take effect, and raise instead of answering."""
    function = _found(place, name)

    def takes_effect(*given: Any, **named: Any) -> Any:
        put(place, name, function)
        function(*given, **named)
        raise error or ConnectionError

    put(place, name, takes_effect)


def put(place: Any, name: str, function: Callable[..., Any]) -> None:
    """Replace a method of a fake, or a function of a dictionary."""
    if isinstance(place, dict):
        place[name] = function
    else:
        setattr(place, name, function)


def _found(place: Any, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = place[name] if isinstance(place, dict) else getattr(place, name)
    return found
