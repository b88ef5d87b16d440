"""The template as CloudFormation reads it: loops expanded, and what a stage makes of it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cfnlint.decode import decode_str
from cfnlint.template import Template

from infrastructure.stack_template import assembled
from local.services.moto_backend import ACCOUNT_ID, REGION

PSEUDO: Final = {
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
}
PARAMETERS: Final = {
    "Email": "reader@example.com",
    "SenderEmail": "stories@example.com",
    "StoryNamespace": "2f6b1b0e-6c1c-4c0e-9d6a-5b0f0c6a7e11",
}
_NAMES: Final = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
}


def expanded() -> dict[str, Any]:
    """The assembled template without its loops, as cfn-lint expands them."""
    template, problems = decode_str(assembled())
    assert problems == []
    cfn = Template("template.yaml", template, [REGION])
    assert cfn.transform() == []
    plain: dict[str, Any] = json.loads(json.dumps(cfn.template))
    return plain


EXPANDED: Final = expanded()


@dataclass(frozen=True)
class Resource:
    """One resource of a stage.

    Attributes:
        properties: Without intrinsic functions.
        policies: What becomes of it: ``DeletionPolicy``, ``UpdateReplacePolicy``.
    """

    id: str
    type: str
    properties: dict[str, Any]
    policies: dict[str, str]

    def __getitem__(self, name: str) -> Any:
        return self.properties[name]


class Stack:
    """What a stage's stack holds.

    What only AWS could tell, such as an id, reads ``<Resource>`` or ``<Resource.Attribute>``.
    """

    def __init__(self, stage: str, **parameters: str) -> None:
        defaults = {
            name: each["Default"]
            for name, each in EXPANDED["Parameters"].items()
            if "Default" in each
        }
        self._parameters = PSEUDO | defaults | PARAMETERS | parameters | {"Stage": stage}
        self._conditions = {
            name: self._is(condition) for name, condition in EXPANDED["Conditions"].items()
        }
        self.resources = {
            name: Resource(
                name,
                each["Type"],
                self._value(each["Properties"]),
                {key: value for key, value in each.items() if key.endswith("Policy")},
            )
            for name, each in EXPANDED["Resources"].items()
            if "Condition" not in each or self._conditions[each["Condition"]]
        }
        self.outputs = {
            name: self._value(each["Value"]) for name, each in EXPANDED["Outputs"].items()
        }

    def of_type(self, kind: str) -> list[Resource]:
        """All resources of a type, such as ``SQS::Queue``."""
        return [each for each in self.resources.values() if each.type == f"AWS::{kind}"]

    def named(self, name: str) -> Resource:
        """The one that people know by this name."""
        (found,) = (
            each
            for each in self.resources.values()
            if each.properties.get(_NAMES.get(each.type, "")) == name
        )
        return found

    def queue_at(self, address: str) -> str:
        """The name of the queue that this is the address of."""
        return str(self.resources[address.strip("<>")]["QueueName"])

    def _is(self, condition: Mapping[str, Any]) -> bool:
        first, second = condition["Fn::Equals"]
        return bool(self._value(first) == self._value(second))

    def _value(self, node: Any) -> Any:
        match node:
            case {"Ref": str(name)}:
                value: Any = self._reference(name)
            case {"Fn::GetAtt": [name, attribute]}:
                value = self._attribute(name, attribute)
            case {"Fn::Sub": [text, variables]}:
                value = self._filled(text, self._value(variables))
            case {"Fn::Sub": str(text)}:
                value = self._filled(text, {})
            case {"Fn::Split": [separator, whole]}:
                value = self._value(whole).split(separator)
            case {"Fn::Select": [index, several]}:
                value = self._value(several)[index]
            case {"Fn::If": [condition, yes, no]}:
                value = self._value(yes if self._conditions[condition] else no)
            case dict():
                assert not any(name.startswith("Fn::") for name in node), node
                value = {name: self._value(each) for name, each in node.items()}
            case list():
                value = [self._value(each) for each in node]
            case _:
                value = node
        return value

    def _filled(self, text: str, variables: Mapping[str, str]) -> str:
        def value(match: re.Match[str]) -> str:
            name, _, attribute = match[1].partition(".")
            if name in variables:
                return variables[name]
            return str(self._attribute(name, attribute) if attribute else self._reference(name))

        return re.sub(r"\$\{([\w:.]+)\}", value, text)

    def _reference(self, name: str) -> str:
        if name in self._parameters:
            return str(self._parameters[name])
        definition = EXPANDED["Resources"][name]
        known_by = _NAMES.get(definition["Type"])
        if known_by is None or definition["Type"] == "AWS::SQS::Queue":  # an address
            return f"<{name}>"
        return str(self._value(definition["Properties"][known_by]))

    def _attribute(self, name: str, attribute: str) -> str:
        definition = EXPANDED["Resources"][name]
        match definition["Type"], attribute:
            case "AWS::SQS::Queue", "QueueName":
                return str(self._value(definition["Properties"]["QueueName"]))
            case "AWS::SQS::Queue", "Arn":
                return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{self._attribute(name, 'QueueName')}"
            case "AWS::S3::Bucket", "Arn":
                return f"arn:aws:s3:::{self._reference(name)}"
        return f"<{name}.{attribute}>"
