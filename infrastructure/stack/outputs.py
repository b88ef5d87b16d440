"""What the stack's outputs are to the app: its settings, by another spelling."""

import re
from collections.abc import Mapping

import msgspec

from chalicelib.settings import Settings


def settings_of(outputs: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that the stack's outputs are: MediaBucket is MEDIA_BUCKET."""
    variables = {
        re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper(): value for name, value in outputs.items()
    }
    known = {field.encode_name for field in msgspec.structs.fields(Settings)}
    return {name: value for name, value in variables.items() if name in known}
