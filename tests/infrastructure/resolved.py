"""Stages of the template, as tests of the deployment look at them."""

from typing import Final

from infrastructure.iam.names import Names
from infrastructure.stack.outputs import settings_of
from infrastructure.stack.template import MAIN, expanded
from local.resources.names import ACCOUNT_ID, REGION
from local.resources.template import StageTemplate, TemplateResource

__all__ = ["EXPANDED", "Resource", "Stack"]

EXPANDED: Final = expanded(MAIN)
Resource = TemplateResource
Stack = StageTemplate


def outputs(stage: str = "dev") -> dict[str, str]:
    """The template's outputs; values that only AWS knows are invented."""
    here = f"{REGION}:{ACCOUNT_ID}"
    invented = {
        "NotificationTopicArn": f"arn:aws:sns:{here}:storytime-{stage}-notifications",
        "ProfileWorkflowArn": f"arn:aws:states:{here}:stateMachine:storytime-{stage}-photos",
        "QueueUrlPrefix": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/storytime-{stage}-",
        "DistributionId": "E123",
        "MediaBaseUrl": "https://d123.cloudfront.net",
        "AccessLogGroupArn": f"arn:aws:logs:{here}:log-group:storytime-{stage}-access",
    }
    return Stack(stage).outputs | invented


def names(stage: str = "dev") -> Names:
    return Names.from_environment(settings_of(outputs(stage)), stage)
