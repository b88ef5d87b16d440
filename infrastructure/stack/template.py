"""The CloudFormation template of a stage, as it is sent.

``template.yaml`` is written to be read: its comments stay behind, and the two documents that it
names, the state machine ``profile_photo.asl.json`` and ``dashboard.json``, are put into it.
Whoever sends it allows CAPABILITY_IAM, for the workflow's role, and CAPABILITY_AUTO_EXPAND, for
its loops.
"""

import json
from pathlib import Path
from typing import Any, Final

MAX_BYTES: Final = 51_200
"""Of a template that is sent with the request (AWS CloudFormation, "Quotas"), and of what its loops
expand to ("Troubleshoot the processed template"); a larger one has to lie in a bucket."""

DOCUMENTS: Final = ("profile_photo.asl.json", "dashboard.json")

_HERE: Final = Path(__file__).resolve().parents[1]


def assembled() -> str:
    """The template in YAML, with the documents in it."""
    lines = (_HERE / "template.yaml").read_text().splitlines(keepends=True)
    template = "".join(line for line in lines if not line.lstrip().startswith("#"))
    for name in DOCUMENTS:
        before, after = template.split(f" {name}\n")
        template = f"{before} {_scalar(name)}\n{after}"
    return template


def _scalar(document: str) -> str:
    """A JSON document as a string of YAML, on one line and without the state machine's comments."""
    content = json.loads((_HERE / document).read_text(), object_hook=_without_comment)
    compact = json.dumps(content, separators=(",", ":"))
    return "'" + compact.replace("'", "''") + "'"


def _without_comment(node: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name != "Comment"}
