"""Turn the stack's outputs into the app's environment variables."""

import re
from collections.abc import Mapping

import msgspec

from chalicelib.settings import Settings


def settings_of(outputs: Mapping[str, str]) -> dict[str, str]:
    """Return the outputs that are settings: MediaBucket is MEDIA_BUCKET."""
    variables = {
        re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper(): value for name, value in outputs.items()
    }
    known = {field.encode_name for field in msgspec.structs.fields(Settings)}
    return {name: value for name, value in variables.items() if name in known}
