"""The process environment that leads boto3 to the local AWS and to nothing else."""

import os
from collections.abc import MutableMapping

from chalicelib.http.tokens import OPEN
from local.resources.names import app_environment
from local.server.http_server import HOST


def point_at(aws_port: int, environ: MutableMapping[str, str]) -> None:
    """Set the application's variables, and take away what would lead it astray.

    A developer's own AWS settings could do that: a profile that does not exist here, an endpoint
    of one service, a configuration file; and a proxy would be sent what is meant for loopback.
    API_TOKENS stays, where somebody has set it: the API is open unless they did.
    """
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    environ["AWS_CONFIG_FILE"] = os.devnull
    environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    for name in ("NO_PROXY", "no_proxy"):
        environ[name] = ",".join(filter(None, [environ.get(name), HOST]))
    api_tokens = environ.get("API_TOKENS") or OPEN
    environ.update(app_environment(aws_port) | {"API_TOKENS": api_tokens})
