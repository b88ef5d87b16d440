"""Names of the local AWS, beside those that infrastructure/template.yaml makes for its stage."""

import socket
from typing import Final

STAGE: Final = "local"
PREFIX: Final = f"storytime-{STAGE}-"
HOST: Final = "127.0.0.1"
"""Loopback only: the local AWS checks nobody's permissions."""
MACHINE: Final = socket.gethostname().lower().removesuffix(".local")
"""This machine's name. Others in the network may call it ``<name>.local``."""
ACCOUNT_ID: Final = "123456789012"
"""moto's own."""
REGION: Final = "us-east-1"

MEDIA_BUCKET: Final = f"{PREFIX}media"
INTAKE_BUCKET: Final = f"{PREFIX}staging"
WEB_BUCKET: Final = f"{PREFIX}web"
"""In an account the names end in the account and the region: bucket names are world-wide."""
WEB_URL: Final = f"http://{HOST}:8080"
"""What stands for the distribution, on its usual port."""
DISTRIBUTION_ID: Final = "ESTORYTIMELOCAL"
"""The CloudFront distribution of page, API and the media bucket's ``public/``."""

SUBSCRIBER: Final = "reader@example.com"
"""Receives the e-mails about stories."""
SENDER: Final = "stories@example.com"
"""Sends the e-mails about profile photos."""
STORY_NAMESPACE: Final = "2f6b1b0e-6c1c-4c0e-9d6a-5b0f0c6a7e11"

APP_KEYS: Final = ("storytime-app", "not-a-secret")
"""Access key id and secret access key of the application: they sign, and protect nothing."""
STACK_KEYS: Final = ("storytime-stack", "not-a-secret-either")
"""The stack's own: the local AWS does not count its requests as the application's."""

CONCURRENCY: Final = 2
"""Functions of one step that run at once: one for each core that the engines have."""
