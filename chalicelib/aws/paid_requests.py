"""Counting what is paid for, where AWS answers: whatever becomes of the answer, it is billed."""

from typing import Any, Final

from chalicelib.telemetry.metrics import CHARACTERS_NARRATED, PAID_CALLS, Meter

PAID_OPERATIONS: Final = {
    "rekognition": ("DetectText", "DetectFaces", "SearchFacesByImage", "IndexFaces"),
    "polly": ("SynthesizeSpeech",),
}
"""By service, those that are billed by the request or the character."""

_OK: Final = 200


def count(client: Any, meter: Meter) -> Any:
    """Have a client's paid requests counted from now on; returns it.

    What a service refuses is not billed. A request whose answer never came may be, and is
    not known here: the bill may be higher by those that timed out.
    """
    service = client.meta.service_model.service_name
    for operation in PAID_OPERATIONS[service]:

        def note(http_response: Any, parsed: Any, operation: str = operation, **_: object) -> None:
            if http_response.status_code == _OK:
                meter.record(PAID_CALLS, by=operation)
                if "RequestCharacters" in parsed:
                    meter.record(CHARACTERS_NARRATED, parsed["RequestCharacters"])

        client.meta.events.register(f"after-call.{service}.{operation}", note)
    return client
