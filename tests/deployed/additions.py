"""``python -m tests.deployed.additions URL CERTIFICATE`` adds requests to the emulator at URL.

It prints the addresses of API Gateway and of SQS, one a line, and answers there until it receives
a signal to end.
"""

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from local.runner.process import interrupt_when_told_to_end
from local.server.http_server import HttpServer
from tests.deployed.message_moves import MessageMoves
from tests.deployed.owner import client
from tests.deployed.passed_on import PassedOn
from tests.deployed.rest_api_import import RestApiImport


def main(arguments: Sequence[str]) -> None:
    interrupt_when_told_to_end()
    url, certificate = arguments[0], Path(arguments[1])
    emulator = PassedOn(url, certificate)
    for addition in (
        RestApiImport(client("apigateway", url, certificate), emulator),
        MessageMoves(client("sqs", url, certificate), emulator),
    ):
        server = HttpServer(0)
        server.start(addition)
        print(server.url, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main(sys.argv[1:])
