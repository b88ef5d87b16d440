"""``make run``: Storytime on one machine, until Ctrl-C.

Settings, from the environment: ``WEB_PORT`` (8080) of the page, ``PORT`` (8000) of the API,
``AWS_PORT`` (4566) of the local AWS; 0 is any free port. With ``HTTPS=1`` other devices in the
network reach the page, over TLS. ``ENGLISH_VOICE`` is ``neural``, or ``espeak-ng``: quick, and like
a machine. The API is open; with digests in ``API_TOKENS`` it needs one of their tokens.
``ALLOWED_ORIGIN`` names the web pages that may use it.
"""

import os
import sys
import threading
from collections.abc import Mapping
from typing import Final

from chalicelib.settings import SettingsError
from infrastructure.stage import DeploymentError
from local.runner.lambda_function import TriggerError
from local.runner.process import interrupt_when_told_to_end, leave
from local.runner.stack import LocalStorytime
from local.server.http_server import PortUnavailableError

_LAST_PORT: Final = 65_535
_IN_THE_NETWORK: Final = """\
             for phones in this network. The browser warns: this machine has signed its
             certificate itself. Go on to the page."""
_OPEN: Final = """\
             The API is open to everybody there; with API_TOKENS it is not."""


def main() -> int:
    interrupt_when_told_to_end()
    try:
        neural, https = speaks_neural_english(os.environ), speaks_https(os.environ)
        api_port, aws_port = port(os.environ, "PORT", 8000), port(os.environ, "AWS_PORT", 4566)
        web_port = port(os.environ, "WEB_PORT", 8080)
        stack = LocalStorytime(api_port, aws_port, web_port, neural=neural, https=https)
        stack.start()
        print(introduction(stack), flush=True)
        threading.Event().wait()
    except (DeploymentError, PortUnavailableError, TriggerError, SettingsError) as error:
        print(f"run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
    return 0


def port(environ: Mapping[str, str], variable: str, default: int) -> int:
    """Return the port that an environment variable asks for.

    Raises:
        PortUnavailableError: It is no port number.
    """
    value = environ.get(variable) or str(default)
    if not (value.isascii() and value.isdigit() and int(value) <= _LAST_PORT):
        raise PortUnavailableError(
            f"{variable} must be a port number from 0 (any free one) to {_LAST_PORT}, not {value!r}"
        )
    return int(value)


def speaks_neural_english(environ: Mapping[str, str]) -> bool:
    """Return whether the neural voice speaks English; otherwise espeak-ng does.

    Raises:
        SettingsError: ``ENGLISH_VOICE`` names neither.
    """
    voice = environ.get("ENGLISH_VOICE") or "neural"
    if voice not in {"neural", "espeak-ng"}:
        raise SettingsError(f"ENGLISH_VOICE must be neural or espeak-ng, not {voice!r}")
    return voice == "neural"


def speaks_https(environ: Mapping[str, str]) -> bool:
    """Return whether the page is served over TLS, to the whole network.

    Raises:
        SettingsError: ``HTTPS`` is neither 1 nor 0.
    """
    wanted = environ.get("HTTPS") or "0"
    if wanted not in {"0", "1"}:
        raise SettingsError(f"HTTPS must be 1 or 0, not {wanted!r}")
    return wanted == "1"


def introduction(stack: LocalStorytime) -> str:
    """Say what runs where and what to try; the last line says that the stack takes requests."""
    by_queue = [
        f"{trigger.queue_name} -> {trigger.function.name} ({trigger.concurrency} at a time)"
        for trigger in stack.triggers
    ]
    by_bucket = [
        f"{trigger.bucket}/{trigger.prefix}*{trigger.suffix} ({', '.join(trigger.events)}) -> "
        f"{trigger.function.name} ({trigger.concurrency} at a time)"
        for trigger in stack.bucket_triggers
    ]
    by_time = [
        f"every {trigger.period / 60:g} minutes -> {trigger.function.name}"
        for trigger in stack.schedules
    ]
    api = stack.api_url
    workflow = os.environ["PROFILE_WORKFLOW_ARN"].rsplit(":", 1)[1]
    curl = "curl" if stack.is_open else "curl -H 'Authorization: Bearer <token>'"
    functions = "\n             ".join(by_bucket + by_queue + by_time)
    page, *others = stack.web_urls
    also = "".join(f"\n             {url}" for url in others)
    if page.startswith("https:"):
        also += "\n" + _IN_THE_NETWORK + ("\n" + _OPEN if stack.is_open else "")
    return f"""\
Storytime runs on this machine.

  Page       {page}{also}
  API        {api}
  Local AWS  {stack.aws_url}  (S3, SQS, DynamoDB, SNS, SES, Rekognition, Textract, Polly,
             CloudFront, Step Functions, Lambda)
  Functions  {functions}
  Workflow   {workflow} (see it: make demo-profile)

Try:
  {curl} -X POST -H 'Content-Type: image/jpeg' --data-binary @samples/page.jpg {api}/upload
  {curl} {api}/retrieve/<id>
  {curl} -X PUT -H 'Content-Type: image/jpeg' --data-binary @samples/astronaut.jpg \\
    {api}/profiles/me/photo
  curl {stack.aws_url}/_local/inbox     # the e-mails that were sent
  curl {stack.aws_url}/_local/requests  # the AWS requests that it took

Ctrl-C stops everything, and forgets all stories.
Ready: {api}"""


if __name__ == "__main__":
    leave(main())
