"""The owner of the emulated account."""

from pathlib import Path
from typing import Any, Final

import boto3

KEYS: Final = {"AWS_ACCESS_KEY_ID": "owner", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
REGION: Final = "us-east-1"


def client(service: str, url: str, certificate: Path) -> Any:
    """Return a client with the owner's keys for the emulator at `url`."""
    session = boto3.session.Session(
        KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"], region_name=REGION
    )
    return session.client(  # type: ignore[call-overload]
        service, endpoint_url=url, verify=str(certificate)
    )
