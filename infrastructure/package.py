"""``python -m infrastructure.package STAGE FOLDER``: the app for Terraform.

What Chalice does not make is brought up to date as by `make deploy`; the app itself is left in the
folder, as ``deployment.zip`` and ``chalice.tf.json``, and API Gateway's own answers in
``gateway.tf.json``. (Chalice packages no S3 event handlers for CloudFormation.)
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infrastructure import chalice_command
from infrastructure.account import Account, explained
from infrastructure.api_tokens import TokenFileError
from infrastructure.deploy import Deployment, Wishes
from infrastructure.gateway_responses import put_requests
from infrastructure.progress import Progress
from infrastructure.stage import DeploymentError, Stage

_REST_API = "${aws_api_gateway_rest_api.rest_api.id}"


def main(arguments: Sequence[str]) -> int:
    """Package, and say what to do with it; the exit status."""
    parser = argparse.ArgumentParser(prog="make package", description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--email", help="who gets the stories and the alarms")
    parser.add_argument("--sender", help="who writes about profile photos (default: the same)")
    given = parser.parse_args(arguments)
    try:
        stage, progress = Stage(given.stage), Progress()
        folder = given.folder.resolve()
        wishes = Wishes(given.email or None, given.sender or None)
        prepared = Deployment(stage, Account(), progress).prepare(wishes)
        with progress.step("chalice package"):
            terraform = ["package", "--pkg-format", "terraform", str(folder)]
            chalice_command.run(stage, terraform, progress.line)
        gateway = folder / "gateway.tf.json"
        gateway.write_text(json.dumps(gateway_resources(prepared.allowed_origin), indent=2) + "\n")
    except (DeploymentError, TokenFileError, BotoCoreError, ClientError, OSError) as error:
        print(f"\npackage: {explained(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\npackage: stopped; run it again to go on.", file=sys.stderr)
        return 130
    print(f"\nThe app is in {folder}: terraform init && terraform apply (docs/deploy.md).")
    return 0


def gateway_resources(allowed_origin: str) -> Mapping[str, Any]:
    """API Gateway's own answers, in Terraform's JSON."""
    return {
        "resource": {
            "aws_api_gateway_gateway_response": {
                request["responseType"].lower(): {
                    "rest_api_id": _REST_API,
                    "response_type": request["responseType"],
                    "response_templates": request["responseTemplates"],
                    "response_parameters": request["responseParameters"],
                    **({"status_code": code} if (code := request.get("statusCode")) else {}),
                }
                for request in put_requests(_REST_API, allowed_origin)
            }
        }
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
