"""What CloudFormation would answer of a stage's stack."""

from infrastructure.names import Names
from infrastructure.settings import settings_of
from tests.infrastructure.resolved import Stack

_HERE = "us-east-1:123456789012"


def outputs(stage: str = "dev") -> dict[str, str]:
    """The template's outputs, with what only AWS could tell made up."""
    stack = Stack(stage)
    made_up = {
        "NotificationTopicArn": f"arn:aws:sns:{_HERE}:storytime-{stage}-notifications",
        "ProfileWorkflowArn": f"arn:aws:states:{_HERE}:stateMachine:storytime-{stage}-photos",
        "QueueUrlPrefix": f"https://sqs.us-east-1.amazonaws.com/123456789012/storytime-{stage}-",
        "DistributionId": "E123",
        "MediaBaseUrl": "https://d123.cloudfront.net",
        "AccessLogGroupArn": f"arn:aws:logs:{_HERE}:log-group:storytime-{stage}-access",
    }
    return {**stack.outputs, **made_up}


def names(stage: str = "dev") -> Names:
    """The same as policies call it."""
    return Names.from_environment(settings_of(outputs(stage)), stage)
