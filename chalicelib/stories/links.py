"""Where people find a story's files."""

import msgspec


class Links(msgspec.Struct, frozen=True):
    """Turns keys of the media bucket into addresses of the CDN in front of it.

    Attributes:
        base_url: The CDN's address, without a slash at its end.
    """

    base_url: str

    def to(self, key: str | None) -> str | None:
        """The address of a file, or None while there is no such file."""
        return f"{self.base_url}/{key}" if key else None
