"""``make package STAGE=dev FOLDER=out`` packages the app for Terraform.

Like a deployment, it updates the stack and uploads the web page. Then it writes the app to the
folder, as ``deployment.zip`` and ``chalice.tf.json``, with API Gateway's error responses in the
API's definition. (For CloudFormation, Chalice cannot package handlers of S3 events.) Terraform
makes the API, so CloudFront learns its id by a second run, with API_ID.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infrastructure.account import Account
from infrastructure.chalice.command import run_chalice
from infrastructure.commands.ending import ended
from infrastructure.commands.preparation import Preparation, Wishes, add_addresses, check
from infrastructure.commands.progress import Progress
from infrastructure.gateway.responses import put_requests
from infrastructure.stage import Stage

_DEFINITION = "chalice_api_swagger"
_VERSIONS = {
    # Chalice writes < 1.4.0 and < 5, which know no Lambda runtime above python3.10. The provider
    # knows python3.13 from 5.76 on; version 6 has no API deployment stages, which Chalice uses.
    "required_version": ">= 1.0",
    "required_providers": {
        "aws": {"source": "hashicorp/aws", "version": ">= 5.76, < 6"},
        "null": {"source": "hashicorp/null", "version": ">= 3, < 4"},
    },
}


def main(arguments: Sequence[str]) -> int:
    """Package the app, print what to do with it, and return the exit status."""
    parser = argparse.ArgumentParser(
        usage="make package STAGE=dev [FOLDER=…] [EMAIL=…] [SENDER=…] [API_ID=…]",
        description=__doc__,
    )
    parser.add_argument("stage")
    parser.add_argument("folder", type=Path)
    add_addresses(parser)
    parser.add_argument("--api-id", help="the REST API that Terraform made: RestAPIId")
    given = parser.parse_args(arguments)

    def work() -> int:
        stage, progress = Stage(given.stage), Progress()
        folder = given.folder.resolve()
        wishes = Wishes(given.email or None, given.sender or None, api_id=given.api_id or None)
        check(stage)
        preparation = Preparation(stage, Account(), progress)
        prepared = preparation.run(wishes)
        preparation.publish_page(prepared)
        with progress.step("chalice package"):
            command = ["package", "--pkg-format", "terraform", str(folder)]
            run_chalice(stage, command, progress.line)
        packaged = folder / "chalice.tf.json"
        terraform = with_error_responses(json.loads(packaged.read_text()), prepared.allowed_origin)
        terraform = with_rule_names(stage, terraform) | {"terraform": _VERSIONS}
        packaged.write_text(json.dumps(terraform, indent=2) + "\n")
        print(next_steps(stage, folder, prepared.page, prepared.parameters["ApiId"]))
        return 0

    return ended("package", work)


def next_steps(stage: Stage, folder: Path, page: str, api_id: str) -> str:
    """Return what to do with a package; CloudFront serves the API of this id, if it has one."""
    here = shlex.quote(str(folder))
    return f"""
The app is packaged (docs/deploy.md). To deploy it:

  cd {here} && terraform init && terraform apply

Then tell CloudFront which API it serves under {page}/api
(now: {api_id or "none"}). Once is enough, until Terraform makes another API:

  make package STAGE={stage.name} FOLDER={here} \\
      API_ID="$(terraform -chdir={here} output -raw RestAPIId)"
"""


def with_error_responses(terraform: Mapping[str, Any], allowed_origin: str) -> dict[str, Any]:
    """Add API Gateway's error responses to the API's definition.

    Resources of their own would not do: they take effect at the API's next deployment, which does
    not wait for them, and each PutRestApi deletes what the definition does not contain.
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


def with_rule_names(stage: Stage, terraform: Mapping[str, Any]) -> dict[str, Any]:
    """Name the rules of schedules as `chalice deploy` does.

    For Terraform, Chalice leaves the stage out of the name: two stages would share one rule.
    """
    kind = "aws_cloudwatch_event_rule"
    rules = {
        name: {**rule, "name": stage.function(rule["name"])}
        for name, rule in terraform["resource"].get(kind, {}).items()
    }
    return {**terraform, "resource": {**terraform["resource"], kind: rules}}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
