"""``python -m infrastructure.deploy STAGE [--email ADDRESS]``: a stage in your own account.

What Chalice does not make is one CloudFormation stack; the app is Chalice's. Every step looks at
what is there first: run it again whenever it broke off, or to bring a stage up to date.
"""

import argparse
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final

import urllib3
from botocore.httpsession import where

from chalicelib.http.tokens import OPEN
from infrastructure import (
    chalice_command,
    chalice_record,
    elsewhere,
    gateway,
    leftovers,
    stack,
    stage_folder,
)
from infrastructure.account import Account
from infrastructure.command import ended
from infrastructure.gateway_responses import put_requests
from infrastructure.permissions import GRANTS
from infrastructure.preparation import Preparation, Prepared, Wishes, check
from infrastructure.progress import Progress
from infrastructure.stage import API_STAGE, DeploymentError, Stage
from infrastructure.token_renewal import AUTHORIZER, renew

_PROD: Final = "prod"
_LOOKS_AT_HEALTH: Final = 20
_SECONDS_BETWEEN_LOOKS: Final = 3.0


def main(arguments: Sequence[str], begin: "Callable[[Stage], Deployment] | None" = None) -> int:
    """Deploy, and print what a person wants to know; the exit status."""
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("stage", help="dev, prod, or another of .chalice/config.json")
    parser.add_argument("--email", help="who gets the stories and the alarms")
    parser.add_argument("--sender", help="who writes about profile photos (default: the same)")
    parser.add_argument("--api-url", help=argparse.SUPPRESS)
    parser.add_argument("--anyway", action="store_true", help="deploy the app also if unchanged")
    given = parser.parse_args(arguments)

    def work() -> int:
        stage = Stage(given.stage)
        wishes = Wishes(given.email or None, given.sender or None, given.api_url, given.anyway)
        (begin or Deployment.in_account)(stage).run(wishes)
        return 0

    return ended("deploy", work)


class Deployment:
    """The steps of a deployment, in their order."""

    def __init__(
        self,
        stage: Stage,
        account: Account,
        progress: Progress,
        pause: Callable[[], None] = stack.pause,
    ) -> None:
        self._stage = stage
        self._account = account
        self._progress = progress
        self._preparation = Preparation(stage, account, progress, pause)

    @classmethod
    def in_account(cls, stage: Stage) -> "Deployment":
        """In the account of the environment; what can be seen without it is looked at first."""
        check(stage)
        return cls(stage, Account(), Progress())

    def run(self, wishes: Wishes) -> None:
        """Deploy all of it."""
        prepared = self._preparation.run(wishes)
        account, progress = self._account, self._progress
        api_id = self._deploy_app(prepared, anyway=wishes.anyway)
        with progress.step("gateway"):
            self._configure_gateway(api_id, prepared)
        url = (wishes.api_url or f"https://{{api_id}}.{account.api_domain}/{API_STAGE}").format(
            api_id=api_id
        )
        with progress.step("GET /health") as said:
            said(wait_for_health(url))
        is_open = prepared.environment["API_TOKENS"] == OPEN
        print(next_steps(self._stage, url, prepared.outputs, is_open=is_open))

    def _deploy_app(self, prepared: Prepared, *, anyway: bool) -> str:
        """Have Chalice deploy, unless nothing has changed since it did; the REST API's id."""
        bucket = prepared.outputs["MediaBucket"]
        s3, functions = self._account.client("s3"), self._account.client("lambda")
        stage = self._stage
        elsewhere.forget_record_of_elsewhere(stage, self._account.region, self._account.number)
        kept = chalice_record.fetch_record(s3, bucket, stage)
        wanted = stage_folder.fingerprint(stage)
        with self._progress.step("chalice deploy") as said:
            code = chalice_record.code_in_lambda(functions, stage)
            if kept == f"{wanted} {code}" and not anyway:
                said("nothing to change")
            else:
                self._renew_tokens(prepared.environment["API_TOKENS"])
                leftovers.remove_unrecorded_triggers(functions, stage, GRANTS)
                leftovers.remove_unrecorded_apis(self._account.client("apigateway"), stage)
                chalice_command.run(stage, ["deploy"], self._progress.line)
                code = chalice_record.code_in_lambda(functions, stage)
                chalice_record.keep_record(s3, bucket, stage, f"{wanted} {code}")
        return chalice_record.rest_api_id(self._stage)

    def _renew_tokens(self, tokens: str) -> None:
        functions = self._account.client("lambda")
        knew_others = renew(functions, self._stage.function(AUTHORIZER), tokens)
        if knew_others and chalice_record.recorded(self._stage):
            client = self._account.client("apigateway")
            gateway.forget_callers(client, chalice_record.rest_api_id(self._stage))

    def _configure_gateway(self, api_id: str, prepared: Prepared) -> None:
        client = self._account.client("apigateway")
        gateway.let_it_write_logs(client, self._account.client("iam"), self._account.partition)
        gateway.configure(
            client,
            api_id,
            responses=put_requests(api_id, prepared.allowed_origin),
            log_group_arn=prepared.outputs["AccessLogGroupArn"],
            requests_per_second=requests_per_second(self._stage),
        )


def requests_per_second(stage: Stage) -> int:
    """What the API takes, on average: a stolen token costs money only so fast."""
    return 100 if stage.name == _PROD else 20


def wait_for_health(url: str, pause: Callable[[], object] | None = None) -> str:
    """Ask until the API answers; its first request is a cold start.

    Raises:
        DeploymentError: It does not.
    """
    wait = pause or (lambda: threading.Event().wait(_SECONDS_BETWEEN_LOOKS))
    authority = os.environ.get("AWS_CA_BUNDLE") or where()
    http = urllib3.PoolManager(retries=False, timeout=30, ca_certs=authority)
    seen = ""
    for _ in range(_LOOKS_AT_HEALTH):
        try:
            answer = http.request("GET", f"{url}/health")
        except urllib3.exceptions.HTTPError as error:
            seen = str(error)
        else:
            if answer.status == HTTPStatus.OK:
                return "200"
            seen = f"{answer.status} {answer.data[:200].decode(errors='replace')}".strip()
        wait()
    raise DeploymentError(
        f"Everything is deployed, but {url}/health does not answer ({seen}). The function's log "
        "in CloudWatch says why: /aws/lambda/storytime-<stage>."
    )


def next_steps(stage: Stage, url: str, outputs: Mapping[str, str], *, is_open: bool) -> str:
    """What a person does after a deployment."""
    authorization = "" if is_open else " -H 'Authorization: Bearer <token>'"
    return f"""
API        {url}
Dashboard  CloudWatch, Dashboards, {stage.prefix}

Next
  1. Confirm the two subscriptions that were sent by mail (stories and alarms).
  2. Confirm the mail from Amazon SES to {outputs["SenderEmail"]}; until your account is out of
     SES's sandbox, it writes to confirmed addresses only (docs/deploy.md).
  3. Send a page:
     curl -X POST{authorization} -H 'Content-Type: image/jpeg' \\
          --data-binary @samples/page.jpg {url}/upload

For fast iteration: cd .stages/{stage.name} && ../../.venv/bin/chalice deploy --stage {stage.name}
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
