"""API Gateway's execution log and detailed metrics: off, unless a stage switches them on.

Sources: API Gateway Developer Guide ("Set up CloudWatch logging for REST APIs", "Monitor REST API
execution with CloudWatch metrics") and API Reference ("Patch operations", UpdateStage).
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Literal, Self

import msgspec

from infrastructure.stage import API_STAGE, DeploymentError, Stage

PART_OF_STAGE: Final = "gateway"
"""The part of a stage in .chalice/config.json that has these settings. It is not Chalice's."""
DAYS_KEPT: Final = 7
"""Days that a line of the execution log is kept."""


class Diagnostics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What API Gateway reports of an API in addition to its access log.

    Attributes:
        execution_log: ERROR logs failed requests, INFO every request. A line may have a path with
            the ids of users and stories.
        detailed_metrics: Whether each method has metrics of its own.
    """

    execution_log: Literal["OFF", "ERROR", "INFO"] = "OFF"
    detailed_metrics: bool = False

    @classmethod
    def of_stage(cls, stage: Stage, own: Mapping[str, Any]) -> Self:
        """Read the settings from a stage's own part of .chalice/config.json.

        Raises:
            DeploymentError: They are not valid.
        """
        try:
            return msgspec.convert(own.get(PART_OF_STAGE, {}), cls)
        except msgspec.ValidationError as error:
            raise DeploymentError(
                f'"{PART_OF_STAGE}" of stage {stage.name!r} in .chalice/config.json: {error}. It '
                'must be like {"execution_log": "ERROR", "detailed_metrics": true}; the log is '
                "OFF, ERROR or INFO."
            ) from error

    def method_settings(self) -> dict[str, str]:
        """Return the settings of all methods, by their path in a patch of the API's stage."""
        return {
            "/*/*/logging/loglevel": self.execution_log,
            "/*/*/logging/dataTrace": "false",  # bodies are photos, headers have e-mail addresses
            "/*/*/metrics/enabled": json.dumps(self.detailed_metrics),
        }


def limit_log(client: Any, api_id: str) -> None:
    """Make the log group of an execution log. API Gateway would make one that keeps all lines."""
    name = _log_group(api_id)
    with suppress(client.exceptions.ResourceAlreadyExistsException):
        client.create_log_group(logGroupName=name)
    client.put_retention_policy(logGroupName=name, retentionInDays=DAYS_KEPT)


def remove_log(client: Any, api_id: str) -> None:
    with suppress(client.exceptions.ResourceNotFoundException):  # it was never on
        client.delete_log_group(logGroupName=_log_group(api_id))


def _log_group(api_id: str) -> str:
    """Return the name that API Gateway gives to the log group."""
    return f"API-Gateway-Execution-Logs_{api_id}/{API_STAGE}"
