"""A stack of a stage: a template of infrastructure/ with its functions resolved.

The local AWS creates its resources from it, and tests look at the stacks of other stages.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infrastructure.stack.template import MAIN, expanded
from local.resources.names import ACCOUNT_ID, REGION, SENDER, STORY_NAMESPACE, SUBSCRIBER

_PSEUDO_PARAMETERS: Final = {
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
}
_NO_VALUE: Final = "AWS::NoValue"
_PARAMETERS: Final = {"Email": SUBSCRIBER, "SenderEmail": SENDER, "StoryNamespace": STORY_NAMESPACE}
_NAMES: Final = {
    "DynamoDB::Table": "TableName",
    "S3::Bucket": "BucketName",
    "SQS::Queue": "QueueName",
}

Refer = Callable[[Any], str]
"""Returns the value of Ref for a resource with these properties."""


@dataclass(frozen=True)
class TemplateResource:
    """One resource of a stage.

    Attributes:
        type: Without ``AWS::``, such as ``SQS::Queue``.
        properties: Without intrinsic functions.
        policies: ``DeletionPolicy`` and ``UpdateReplacePolicy``, if it has them.
    """

    id: str
    type: str
    properties: dict[str, Any]
    policies: dict[str, str]

    def __getitem__(self, name: str) -> Any:
        return self.properties[name]


class StageTemplate:
    """One stack of a stage.

    Args:
        stage: The stage's name.
        template: The name of the template's file.
        refer: By type, the values of Ref that only AWS knows; without an entry the value is
            ``<LogicalId>``. Every other attribute that only AWS knows is ``<LogicalId.Attribute>``.
        named: Names of resources by their logical ids, instead of the template's.
        parameters: The template's parameters.
    """

    def __init__(
        self,
        stage: str,
        template: str = MAIN,
        *,
        refer: Mapping[str, Refer] | None = None,
        named: Mapping[str, str] | None = None,
        **parameters: str,
    ) -> None:
        content = expanded(template)
        defaults = {
            name: each["Default"]
            for name, each in content["Parameters"].items()
            if "Default" in each
        }
        given = _PARAMETERS | parameters | {"Stage": stage}
        self._parameters = _PSEUDO_PARAMETERS | defaults | given
        self._refer = refer or {}
        self._named = named or {}
        self._definitions = content["Resources"]
        self._conditions = {
            name: self._value(each) for name, each in content.get("Conditions", {}).items()
        }
        self.resources = {
            name: TemplateResource(
                name,
                _kind(each),
                self._properties(name),
                {key: value for key, value in each.items() if key.endswith("Policy")},
            )
            for name, each in self._definitions.items()
            if "Condition" not in each or self._conditions[each["Condition"]]
        }
        self.outputs = {
            name: self._value(each["Value"]) for name, each in content.get("Outputs", {}).items()
        }

    def of_type(self, kind: str) -> list[TemplateResource]:
        return [each for each in self.resources.values() if each.type == kind]

    def named(self, name: str) -> TemplateResource:
        (found,) = (
            each
            for each in self.resources.values()
            if each.properties.get(_NAMES.get(each.type, "")) == name
        )
        return found

    def _properties(self, name: str) -> dict[str, Any]:
        definition = self._definitions[name]
        properties: dict[str, Any] = self._value(definition["Properties"])
        if name in self._named:
            properties[_NAMES[_kind(definition)]] = self._named[name]
        return properties

    def _value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [each for each in map(self._value, node) if each != _NO_VALUE]
        if not isinstance(node, dict) or not node:
            return node
        name, argument = next(iter(node.items()))
        if name == "Ref" or name.startswith("Fn::"):
            is_list = isinstance(argument, list)  # whose places count: nothing may be left out
            values = [*map(self._value, argument)] if is_list else self._value(argument)
            return self._result(name, values)
        return {name: self._value(each) for name, each in node.items()}

    def _result(self, function: str, argument: Any) -> Any:
        match function, argument:
            case "Ref", name:
                result: Any = self._reference(name)
            case "Fn::GetAtt", [name, attribute]:
                result = self._attribute(name, attribute)
            case "Fn::Sub", str(text):
                result = self._filled(text, {})
            case "Fn::Sub", [text, variables]:
                result = self._filled(text, variables)
            case "Fn::Split", [separator, whole]:
                result = whole.split(separator)
            case "Fn::Select", [index, several]:
                result = several[index]
            case "Fn::If", [condition, yes, no]:
                result = yes if self._conditions[condition] else no
            case "Fn::Equals", [one, other]:
                result = one == other
            case _:
                raise ValueError(f"the template uses {function}, which this module cannot resolve")
        return result

    def _filled(self, text: str, variables: Mapping[str, str]) -> str:
        def value(match: re.Match[str]) -> str:
            name, _, attribute = match[1].partition(".")
            if name in variables:
                return variables[name]
            return self._attribute(name, attribute) if attribute else self._reference(name)

        return re.sub(r"\$\{([\w:.]+)\}", value, text)

    def _reference(self, name: str) -> str:
        if name == _NO_VALUE:
            return name
        if name in self._parameters:
            return str(self._parameters[name])
        kind = _kind(self._definitions[name])
        if kind in self._refer:
            return self._refer[kind](self._properties(name))
        if kind in _NAMES and kind != "SQS::Queue":  # a queue's is its URL
            return str(self._properties(name)[_NAMES[kind]])
        return f"<{name}>"

    def _attribute(self, name: str, attribute: str) -> str:
        match _kind(self._definitions[name]), attribute:
            case "SQS::Queue", "QueueName":
                return str(self._properties(name)["QueueName"])
            case "SQS::Queue", "Arn":
                return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{self._properties(name)['QueueName']}"
            case "S3::Bucket", "Arn":
                return f"arn:aws:s3:::{self._reference(name)}"
        return f"<{name}.{attribute}>"


def _kind(definition: Mapping[str, Any]) -> str:
    return str(definition["Type"]).removeprefix("AWS::")
