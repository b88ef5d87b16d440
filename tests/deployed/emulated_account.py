"""An AWS account on this machine, for an unchanged `make deploy`.

MiniStack, an emulator that shares no code with the local AWS of `make run`, runs the package that
Chalice uploads, each function in a process and with a role of its own. It has no Rekognition and
no Textract or Polly: those requests go to the engines of the local AWS.
"""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import boto3
import botocore.session
import trustme
import urllib3

from infrastructure.commands.deploy import API_URL
from infrastructure.iam.deployer import compact, policies
from local.resources.names import HOST
from local.runner.launcher import RunningStack, end, when_ready
from tests.deployed.calls import Calls

PROJECT: Final = Path(__file__).resolve().parents[2]
EMULATOR: Final = PROJECT / ".venv-emulator" / "bin" / "python"
KEYS: Final = {"AWS_ACCESS_KEY_ID": "owner", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
REGION: Final = "us-east-1"
NUMBER: Final = "123456789012"
_HERE: Final = f"{REGION}:{NUMBER}"
_AS_EMULATED: Final = {
    '"lambda:ListLayerVersions"': '"lambda:ListLayers"',
    '"lambda:DeleteFunctionConcurrency"': '"lambda:PutFunctionConcurrency"',
    f'"arn:aws:lambda:{_HERE}:function:storytime-*"': '"*"',  # CreateFunction
    f'"arn:aws:events:{_HERE}:rule/storytime-*"': '"*"',
}
"""In policies, what the emulator takes for something else than AWS does."""
_SECONDS_TO_START: Final = 60
_OWN: Final = re.compile("AWS_|MAKE|MFLAGS")


class EmulatedAccount:
    """An account that runs from its creation until `close`.

    Args:
        folder: Receives the logs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.calls = Calls(folder)
        port = _free_port()
        self.url = f"https://{HOST}:{port}"  # the buckets refuse anything else
        self.certificate = _certificate(folder)
        self._quick_waiters = _quick_waiters(folder)
        ports = {"PORT": "0", "AWS_PORT": "0", "WEB_PORT": "0"}
        engines = self._popen("engines", "-m", "local", **ports)
        self.processes = [self._emulator(port), engines]
        self.engines: RunningStack = when_ready(engines, folder / "engines.log")
        self._wait_until_it_answers()
        self._deployers_keys = self._make_deployer()
        imports = self._popen(
            "imports", "-m", "tests.deployed.rest_api_import", self.url, str(self.certificate)
        )
        self.processes.append(imports)
        assert imports.stdout is not None
        self._api_gateway_url = imports.stdout.readline().strip()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that lead AWS's tools to this account, and nowhere else."""
        return _elsewhere() | self.variables | self._deployers_keys | self.calls.variables

    @property
    def variables(self) -> dict[str, str]:
        """The variables of this account, with the keys of its owner."""
        return KEYS | {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CA_BUNDLE": str(self.certificate),
            "AWS_DATA_PATH": str(self._quick_waiters),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_API_GATEWAY": self._api_gateway_url,
            "AWS_ENDPOINT_URL_REKOGNITION": self.engines.aws_url,
            "AWS_ENDPOINT_URL_POLLY": self.engines.aws_url,
            API_URL: self.api_url("{api_id}"),
        }

    @property
    def functions_environment(self) -> dict[str, str]:
        """Variables that lead the functions to the engines."""
        return {
            "AWS_ENDPOINT_URL_REKOGNITION": self.engines.aws_url,
            "AWS_ENDPOINT_URL_TEXTRACT": self.engines.aws_url,
            "AWS_ENDPOINT_URL_POLLY": self.engines.aws_url,
        }

    def client(self, service: str) -> Any:
        """Return a client with the keys of the account's owner."""
        return client(service, self.url, self.certificate)

    def api_url(self, api_id: str) -> str:
        return f"{self.url}/_aws/execute-api/{api_id}/api"

    def close(self) -> None:
        for process in self.processes:
            end(process)
            if process.stdout is not None:
                process.stdout.close()

    def keep(self) -> None:
        """Leave the processes running when this process ends."""
        for process in self.processes:
            process.returncode = 0  # else Python warns that nobody waits for it
            if process.stdout is not None:
                process.stdout.close()

    def _make_deployer(self) -> dict[str, str]:
        """Make a user who may do what deploying needs; return the variables of its keys.

        Without conditions: the emulator does not know the condition keys.
        """
        iam, user = self.client("iam"), "deployer"
        iam.create_user(UserName=user)
        for name, policy in policies(NUMBER, REGION).items():
            for statement in policy["Statement"]:
                statement.pop("Condition", None)
            document = compact(policy)
            for theirs, emulated in _AS_EMULATED.items():
                document = document.replace(theirs, emulated)
            made = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]
            iam.attach_user_policy(UserName=user, PolicyArn=made["Arn"])
        key = iam.create_access_key(UserName=user)["AccessKey"]
        return dict(zip(KEYS, (key["AccessKeyId"], key["SecretAccessKey"]), strict=True))

    def _emulator(self, port: int) -> "subprocess.Popen[str]":
        return self._popen(
            "emulator",
            "-m",
            "ministack",
            **KEYS,
            USE_SSL="1",
            MINISTACK_SSL_CERT=str(self.certificate),
            MINISTACK_SSL_KEY=str(self.certificate),
            AUTH="true",
            BIND_HOST=HOST,
            GATEWAY_PORT=str(port),
            MINISTACK_ACCOUNT_ID=NUMBER,
            MINISTACK_REGION=REGION,
            AWS_DEFAULT_REGION=REGION,
        )

    def _popen(self, name: str, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        with (self._folder / f"{name}.log").open("w") as log:
            return subprocess.Popen(
                [str(EMULATOR) if name == "emulator" else sys.executable, *arguments],
                cwd=PROJECT,
                env=_elsewhere() | environment,
                stdout=log if name == "emulator" else subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def _wait_until_it_answers(self) -> None:
        http = urllib3.PoolManager(
            retries=urllib3.Retry(8, backoff_factor=0.2), ca_certs=str(self.certificate)
        )
        http.request("GET", f"{self.url}/_ministack/health", timeout=_SECONDS_TO_START)


def client(service: str, url: str, certificate: Path) -> Any:
    """Return a client with the owner's keys for the emulator at `url`."""
    key_id, secret = KEYS.values()
    session = boto3.session.Session(key_id, secret, region_name=REGION)
    return session.client(  # type: ignore[call-overload]
        service, endpoint_url=url, verify=str(certificate)
    )


def _elsewhere() -> dict[str, str]:
    """Return this process's environment without the settings of the developer's AWS and `make`."""
    return {name: value for name, value in os.environ.items() if not _OWN.match(name)}


def _free_port() -> int:
    """Return a port that nobody listens on: the emulator needs a number."""
    with socket.create_server((HOST, 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def _quick_waiters(folder: Path) -> Path:
    """Write Lambda's waiters, which look every 0.2 instead of 5 seconds; return the data's folder.

    Chalice waits for each function, and the emulator is ready at once.
    """
    loader = botocore.session.get_session().get_component("data_loader")
    version = loader.determine_latest_version("lambda", "waiters-2")
    waiters = loader.load_service_model("lambda", "waiters-2", version)
    for waiter in waiters["waiters"].values():
        waiter["delay"] = 0.2
    file = folder / "data" / "lambda" / version / "waiters-2.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(waiters))
    return folder / "data"


def _certificate(folder: Path) -> Path:
    """Write a file with the emulator's key, its certificate, and the authority to trust."""
    authority = trustme.CA()
    issued = authority.issue_cert(HOST, "localhost")
    file = folder / "certificate.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(str(file))
    authority.cert_pem.write_to_path(str(file), append=True)
    return file
