"""The CloudFormation template of a stage, as it is sent.

``template.yaml`` is written to be read: its comments stay here, and the state machine that it
names, ``profile_photo.asl.json``, is put into it.
"""

import json
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 51_200
"""Of a template that is sent with the request ("CloudFormation quotas"), and of what its loops
come to ("Troubleshoot the processed template"); a larger one has to lie in a bucket."""

_HERE: Final = Path(__file__).resolve().parent
_WORKFLOW: Final = "profile_photo.asl.json"
_PLACE: Final = f"- {_WORKFLOW}\n"


def assembled() -> str:
    """The template as YAML, with the state machine's definition in it."""
    lines = (_HERE / "template.yaml").read_text().splitlines(keepends=True)
    template = "".join(line for line in lines if not line.lstrip().startswith("#"))
    workflow = json.loads((_HERE / _WORKFLOW).read_text())
    one_line = json.dumps(workflow, separators=(",", ":")).replace("'", "''")
    before, after = template.split(_PLACE)
    return f"{before}- '{one_line}'\n{after}"
