"""``make deploy STAGE=dev EMAIL=you@example.com`` deploys a stage.

Two CloudFormation stacks have everything that Chalice does not make; Chalice deploys the app. Then
CloudFront learns the API's id, and the files of the web page are uploaded.
Every step first looks at what exists: run the command again to continue or to update a stage.
"""

import argparse
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import urllib3
from botocore.httpsession import where

from chalicelib.http.tokens import OPEN
from chalicelib.settings import Settings
from infrastructure import chalice_record, elsewhere, stage_files
from infrastructure.account import Account
from infrastructure.chalice import leftovers
from infrastructure.chalice.command import run_chalice
from infrastructure.chalice.token_renewal import AUTHORIZER, renew
from infrastructure.commands.ending import ended
from infrastructure.commands.preparation import Preparation, Prepared, Wishes, add_addresses, check
from infrastructure.commands.progress import Progress
from infrastructure.gateway import configuration, diagnostics
from infrastructure.gateway.responses import put_requests
from infrastructure.iam.permissions import GRANTS
from infrastructure.join_link import join_link
from infrastructure.services import lacking_concurrency
from infrastructure.stack.stack import pause
from infrastructure.stage import API_STAGE, DeploymentError, Stage

API_URL: Final = "STORYTIME_API_URL"
"""The environment variable of `Wishes.api_url`; an emulator of AWS needs it."""
_PROD: Final = "prod"
_MAX_HEALTH_CHECKS: Final = 20
_SECONDS_BETWEEN_HEALTH_CHECKS: Final = 3.0


def main(arguments: Sequence[str], begin: "Callable[[Stage], Deployment] | None" = None) -> int:
    """Deploy a stage, print the next steps, and return the exit status."""
    parser = argparse.ArgumentParser(
        usage="make deploy STAGE=dev [EMAIL=…] [SENDER=…] [ANYWAY=1]", description=__doc__
    )
    parser.add_argument("stage", help="dev, prod, or another of .chalice/config.json")
    add_addresses(parser)
    parser.add_argument("--anyway", action="store_true", help="deploy the app also if unchanged")
    given = parser.parse_args(arguments)

    def work() -> int:
        stage = Stage(given.stage)
        api_url = os.environ.get(API_URL)
        wishes = Wishes(given.email or None, given.sender or None, api_url, given.anyway)
        (begin or Deployment.in_account)(stage).run(wishes)
        return 0

    return ended("deploy", work)


@dataclass(frozen=True)
class Deployment:
    """The steps of a deployment, in order."""

    stage: Stage
    account: Account
    progress: Progress
    pause: Callable[[], None] = pause

    @classmethod
    def in_account(cls, stage: Stage) -> "Deployment":
        """Deploy to the environment's account, after the checks that need no AWS."""
        check(stage)
        return cls(stage, Account(), Progress())

    def run(self, wishes: Wishes) -> None:
        account, progress = self.account, self.progress
        preparation = Preparation(self.stage, account, progress, self.pause)
        prepared = preparation.run(wishes)
        api_id = self._deploy_app(prepared, anyway=wishes.anyway)
        with progress.step("gateway"):
            self._configure_gateway(api_id, prepared)
        url = (wishes.api_url or f"https://{{api_id}}.{account.api_domain}/{API_STAGE}").format(
            api_id=api_id
        )
        with progress.step("GET /health") as said:
            said(wait_for_health(url))
        preparation.show_api(prepared, api_id)
        preparation.publish_page(prepared)
        is_open = prepared.environment["API_TOKENS"] == OPEN
        authority = os.environ.get("AWS_CA_BUNDLE")
        region = account.region
        print(next_steps(self.stage, url, region, prepared.outputs, authority, is_open=is_open))
        print(read_along(prepared.settings))
        print(lacking_concurrency(prepared.settings, account), end="")

    def _deploy_app(self, prepared: Prepared, *, anyway: bool) -> str:
        """Run `chalice deploy` unless nothing has changed; return the REST API's id."""
        bucket = prepared.outputs["MediaBucket"]
        s3, functions = self.account.client("s3"), self.account.client("lambda")
        stage = self.stage
        elsewhere.forget_record_of_elsewhere(stage, self.account.region, self.account.number)
        deployed = chalice_record.fetch_record(s3, bucket, stage)
        fingerprint = stage_files.fingerprint(stage)
        with self.progress.step("chalice deploy") as said:
            code = chalice_record.code_in_lambda(functions, stage)
            if deployed == f"{fingerprint} {code}" and not anyway:
                said("nothing to change")
            else:
                self._renew_tokens(prepared.environment["API_TOKENS"])
                leftovers.remove_unrecorded(self.account, stage, GRANTS)
                run_chalice(stage, ["deploy"], self.progress.line)
                code = chalice_record.code_in_lambda(functions, stage)
                chalice_record.keep_record(s3, bucket, stage, f"{fingerprint} {code}")
        return chalice_record.rest_api_id(stage)

    def _renew_tokens(self, tokens: str) -> None:
        functions = self.account.client("lambda")
        has_changed = renew(functions, self.stage.function(AUTHORIZER), tokens)
        if has_changed and chalice_record.recorded(self.stage):
            client = self.account.client("apigateway")
            configuration.forget_callers(client, chalice_record.rest_api_id(self.stage))

    def _configure_gateway(self, api_id: str, prepared: Prepared) -> None:
        client = self.account.client("apigateway")
        iam = self.account.client("iam")
        configuration.set_logging_role(client, iam, self.account.partition)
        if prepared.diagnostics.execution_log != "OFF":
            diagnostics.limit_log(self.account.client("logs"), api_id)
        configuration.configure(
            client,
            api_id,
            responses=put_requests(api_id, prepared.allowed_origin),
            log_group_arn=prepared.outputs["AccessLogGroupArn"],
            requests_per_second=requests_per_second(self.stage),
            diagnostics=prepared.diagnostics,
        )


def requests_per_second(stage: Stage) -> int:
    """Return the API's limit, which bounds the cost of a stolen token."""
    return 100 if stage.name == _PROD else 20


def wait_for_health(url: str, pause: Callable[[], object] | None = None) -> str:
    """Request /health until it answers 200. The first request is a cold start.

    Raises:
        DeploymentError: No request was answered with 200.
    """
    wait = pause or (lambda: threading.Event().wait(_SECONDS_BETWEEN_HEALTH_CHECKS))
    authority = os.environ.get("AWS_CA_BUNDLE") or where()
    http = urllib3.PoolManager(retries=False, timeout=30, ca_certs=authority)
    seen = ""
    for _ in range(_MAX_HEALTH_CHECKS):
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


def next_steps(
    stage: Stage,
    url: str,
    region: str,
    outputs: Mapping[str, str],
    authority: str | None,
    *,
    is_open: bool,
) -> str:
    """Return what to do after a deployment.

    `authority` is the file of the certificates that AWS's clients trust, if it is not their own.
    """
    trusting = f" \\\n          --cacert '{authority}'" if authority else ""
    authorization = "" if is_open else " -H 'Authorization: Bearer <token>'"
    page = outputs["MediaBaseUrl"]
    joining = (
        f"Open {page}"
        if is_open
        else f"""Open the page with a token:
     {join_link(page, "<token>")}
     make token STAGE={stage.name} NAME=phone prints another token, this link with it, and the
     link's QR code; deploy again, and the API accepts it"""
    )
    return f"""
Page       {page}
API        {url}
Dashboard  CloudWatch, Dashboards, {stage.prefix}

Next
  1. Confirm your two e-mail subscriptions, to stories and to alarms. Use these commands, with the
     value of Token= in each e-mail's link. Do not follow the link: afterwards, anybody to whom you
     forward a story could unsubscribe you.
     aws sns confirm-subscription --region {region} --authenticate-on-unsubscribe true \\
         --topic-arn {outputs["NotificationTopicArn"]} --token <token>
     aws sns confirm-subscription --region {region} --authenticate-on-unsubscribe true \\
         --topic-arn {outputs["AlarmTopicArn"]} --token <token>
  2. Confirm the e-mail from Amazon SES to {outputs["SenderEmail"]}. Until your account is out of
     SES's sandbox, SES writes to confirmed addresses only (docs/deploy.md).
  3. {joining}.
  4. Or send a photo without the page:
     curl -X POST{authorization} -H 'Content-Type: image/jpeg'{trusting} \\
          --data-binary @samples/page.jpg {url}/upload

To deploy faster while you edit:
  AWS_DEFAULT_REGION={region} .venv/bin/chalice deploy --stage {stage.name}
"""


def read_along(settings: Settings) -> str:
    """Return what the setting READ_ALONG means for the price."""
    if settings.read_along == "on":
        return "Read-along is on: speech marks double Polly's part of the price (READ_ALONG=off)."
    return "Read-along is off: stories have no times of their words (READ_ALONG=on)."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
