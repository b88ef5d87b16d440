"""What the functions ask for on ways that are too rare to be played with every fault."""

import pytest

from tests.infrastructure import calls
from tests.proof.crashes import Scenario, play
from tests.proof.rare_ways import RARE_WAYS


@pytest.mark.parametrize("scenario", RARE_WAYS, ids=lambda scenario: scenario.name)
def test_nothing_is_lost_on_it(scenario: Scenario) -> None:
    assert play(scenario, {}) > 5


def test_what_is_asked_for_nowhere_else_is_seen_there() -> None:
    for scenario in RARE_WAYS:
        play(scenario, {})

    seen = calls.contents()
    assert (
        "s3.DeleteObject:if-match storytime-local-staging/rejected/images/*"
        in (seen["take_in_staged"])
    )
    assert "s3.DeleteObject:if-match storytime-local-staging/images/*" in seen["erase"]
    assert "sqs.SendMessage storytime-local-narration-dead" in seen["sweep"]
    assert "s3.DeleteObjects storytime-local-media/public/{id}/*" in seen["give_up_narration"]
    assert "rekognition.SearchFacesByImage storytime-local-faces" in seen["refuse_photo"]
