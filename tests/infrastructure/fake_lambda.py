"""Lambda, with a stage's functions and their triggers."""

from typing import Any

from tests.infrastructure.fake_service import FakeService, RefusalError


class FakeLambda(FakeService):
    """Functions with triggers, two in a page.

    Attributes:
        functions: Their names, and their triggers' states by id.
        busy: Triggers that cannot be deleted as often as this says.
        gone_after: Looks until a trigger is gone that is being deleted.
        code: The digest of every function's code.
    """

    service = "lambda"

    def __init__(self, **functions: dict[str, str]) -> None:
        super().__init__()
        self.functions = {f"storytime-dev{name}": each for name, each in functions.items()}
        self.busy: dict[str, int] = {}
        self.gone_after = 2
        self.code = "c0de="
        self._looks: dict[str, int] = {}

    def list_event_source_mappings(
        self,
        FunctionName: str,  # noqa: N803  # AWS's name
        Marker: str = "0",  # noqa: N803
    ) -> dict[str, Any]:
        self._must_exist(FunctionName)
        start = int(Marker)
        found = list(self.functions[FunctionName].items())
        more = {"NextMarker": str(start + 2)} if start + 2 < len(found) else {}
        page = [{"UUID": each, "State": state} for each, state in found[start : start + 2]]
        return {"EventSourceMappings": page, **more}

    def delete_event_source_mapping(self, UUID: str) -> None:  # noqa: N803
        triggers = self._with(UUID)
        if self.busy.get(UUID):
            self.busy[UUID] -= 1
            raise RefusalError("ResourceInUseException", status=400)
        if triggers[UUID] != "Deleting":
            triggers[UUID] = "Deleting"
            return
        self._looks[UUID] = self._looks.get(UUID, 0) + 1
        if self._looks[UUID] >= self.gone_after:
            del triggers[UUID]
            raise RefusalError("ResourceNotFoundException", status=404)
        raise RefusalError("ResourceInUseException", "It is being deleted", status=400)

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        self._must_exist(FunctionName)
        return {"FunctionName": FunctionName, "CodeSha256": self.code}

    def delete_function(self, FunctionName: str) -> None:  # noqa: N803
        self._must_exist(FunctionName)
        del self.functions[FunctionName]

    def _with(self, trigger: str) -> dict[str, str]:
        for triggers in self.functions.values():
            if trigger in triggers:
                return triggers
        raise RefusalError("ResourceNotFoundException", status=404)

    def _must_exist(self, function: str) -> None:
        if function not in self.functions:
            raise RefusalError("ResourceNotFoundException", f"No {function}", status=404)
