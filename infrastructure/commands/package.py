"""``python -m infrastructure.commands.package STAGE FOLDER``: the app for Terraform.

What Chalice does not make is brought up to date as by `make deploy`; the app itself is left in the
folder, as ``deployment.zip`` and ``chalice.tf.json``, which API Gateway's own answers are added to.
(Chalice packages no S3 event handlers for CloudFormation.)
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infrastructure.account import Account
from infrastructure.chalice.command import run_chalice
from infrastructure.commands.ending import ended
from infrastructure.commands.preparation import Preparation, Wishes, check
from infrastructure.commands.progress import Progress
from infrastructure.gateway.responses import put_requests
from infrastructure.stage import Stage

_DEFINITION = "chalice_api_swagger"
_VERSIONS = {
    # Chalice's own, < 1.4.0 and < 5, know no runtime of Lambda above python3.10; python3.13 came
    # with 5.76, and 6 has no stages of deployments any more, which Chalice makes.
    "required_version": ">= 1.0",
    "required_providers": {
        "aws": {"source": "hashicorp/aws", "version": ">= 5.76, < 6"},
        "null": {"source": "hashicorp/null", "version": ">= 3, < 4"},
    },
}


def main(arguments: Sequence[str]) -> int:
    """Package, and say what to do with it; the exit status."""
    parser = argparse.ArgumentParser(prog="make package", description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--email", help="who gets the stories and the alarms")
    parser.add_argument("--sender", help="who writes about profile photos (default: the same)")
    given = parser.parse_args(arguments)

    def work() -> int:
        stage, progress = Stage(given.stage), Progress()
        folder = given.folder.resolve()
        wishes = Wishes(given.email or None, given.sender or None)
        check(stage)
        prepared = Preparation(stage, Account(), progress).run(wishes)
        with progress.step("chalice package"):
            command = ["package", "--pkg-format", "terraform", str(folder)]
            run_chalice(stage, command, progress.line)
        packaged = folder / "chalice.tf.json"
        terraform = with_own_answers(json.loads(packaged.read_text()), prepared.allowed_origin)
        terraform = with_names_of(stage, terraform) | {"terraform": _VERSIONS}
        packaged.write_text(json.dumps(terraform, indent=2) + "\n")
        print(f"\nThe app is in {folder}: terraform init && terraform apply (docs/deploy.md).")
        return 0

    return ended("package", work)


def with_own_answers(terraform: Mapping[str, Any], allowed_origin: str) -> dict[str, Any]:
    """What Chalice packages for Terraform, with API Gateway's own answers in the API's definition.

    As resources beside it they would be lost: they count from the API's next deployment on, which
    does not wait for them, and each PutRestApi removes what its definition does not have.
    """
    definition = json.loads(terraform["locals"][_DEFINITION])
    definition["x-amazon-apigateway-gateway-responses"] = {
        request["responseType"]: {
            name: request[name]
            for name in ("statusCode", "responseParameters", "responseTemplates")
            if name in request
        }
        for request in put_requests("", allowed_origin)
    }
    return {**terraform, "locals": {**terraform["locals"], _DEFINITION: json.dumps(definition)}}


def with_names_of(stage: Stage, terraform: Mapping[str, Any]) -> dict[str, Any]:
    """The same with schedules' rules called as `chalice deploy` calls them.

    Chalice has Terraform call them by the function alone: two stages would share one.
    """
    kind = "aws_cloudwatch_event_rule"
    rules = {
        name: {**rule, "name": stage.function(rule["name"])}
        for name, rule in terraform["resource"].get(kind, {}).items()
    }
    return {**terraform, "resource": {**terraform["resource"], kind: rules}}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
