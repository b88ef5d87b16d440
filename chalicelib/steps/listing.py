"""Lists all stories, newest first, a page at a time.

A page costs the same in a table of any size: one query for each month that it covers.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from chalicelib.errors import InvalidRequestError
from chalicelib.stories.ports import Stories
from chalicelib.stories.story import Story

MAX_LIMIT: Final = 100
DEFAULT_LIMIT: Final = 20

_FIRST_MONTH: Final = date(2026, 1, 1)
"""The month in which the project began: no story is older."""

_MAX_MONTHS: Final = 12
"""Queries for one page, at most. So a page may be short, or empty, and still have a next one."""


class ListPage(msgspec.Struct, frozen=True):
    """Some stories, and the cursor of the next page; None after the last page."""

    stories: list[Story]
    next_cursor: str | None


class _Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page begins: in this month, after the story at `before`; None: with the first."""

    month: date
    before: str | None


class Listing(msgspec.Struct, frozen=True):
    """Lists stories.

    Attributes:
        signing_key: Signs cursors, so that clients cannot invent them.
    """

    stories: Stories
    signing_key: str
    clock: Callable[[], datetime]

    def page(self, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> ListPage:
        """Up to `limit` stories: the newest ones, or those after a cursor.

        Raises:
            InvalidRequestError: The limit is not 1 to `MAX_LIMIT`, or the cursor is not signed.
        """
        if not 1 <= limit <= MAX_LIMIT:
            raise InvalidRequestError(
                f"limit is {limit}; it must be from 1 to {MAX_LIMIT}.", code="invalid_limit"
            )
        place = self._place(cursor)
        found: list[Story] = []
        for _ in range(_MAX_MONTHS):
            month = f"{place.month:%Y-%m}"
            some = self.stories.listed(month, limit - len(found), place.before)
            found += some.stories
            if some.next is not None:
                return ListPage(found, self._cursor(_Place(place.month, some.next)))
            place = _Place((place.month - timedelta(days=1)).replace(day=1), None)
            if place.month < _FIRST_MONTH:
                return ListPage(found, None)
            if len(found) == limit:
                break
        return ListPage(found, self._cursor(place))

    def _cursor(self, place: _Place) -> str:
        cursor = self._serializer.dumps(msgspec.to_builtins(place))
        return cursor if isinstance(cursor, str) else cursor.decode()

    def _place(self, cursor: str | None) -> _Place:
        if cursor is None:
            return _Place(self.clock().date().replace(day=1), None)
        try:
            return msgspec.convert(self._serializer.loads(cursor), _Place)
        except (BadData, UnicodeError, msgspec.ValidationError) as error:
            raise InvalidRequestError(
                "This cursor is not one of ours: use next_cursor as the last page had it.",
                code="invalid_cursor",
            ) from error

    @property
    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.signing_key, salt="storytime.listing")
