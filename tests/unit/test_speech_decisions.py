import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.speech.decide import WINDOW, Counts, Step, next_step, next_voice, room

CASES = [
    (Counts(planned=5, queued=WINDOW - 1, done=3, failed=0), Step.TOP_UP, 1),
    (Counts(planned=5, queued=WINDOW, done=3, failed=0), Step.NOTHING, 0),
    (Counts(planned=0, queued=1, done=9, failed=0), Step.NOTHING, 0),
    (Counts(planned=0, queued=0, done=9, failed=0), Step.FINISH, 0),
    (Counts(planned=0, queued=0, done=1, failed=8), Step.FINISH, 0),
    (Counts(planned=0, queued=0, done=0, failed=9), Step.FAIL, 0),
    (Counts(planned=100, queued=0, done=0, failed=0), Step.TOP_UP, WINDOW),
]


@pytest.mark.parametrize(("counts", "step", "more"), CASES)
def test_a_job_goes_on_as_its_segments_stand(counts: Counts, step: Step, more: int) -> None:
    assert next_step(counts) is step
    assert room(counts) == more


@given(total=st.integers(1, 200), outcomes=st.lists(st.booleans(), min_size=200, max_size=200))
def test_a_job_of_any_length_ends_with_every_segment_settled_and_never_floods(total: int, outcomes: list[bool]) -> None:
    counts, settled = Counts(planned=total, queued=0, done=0, failed=0), 0
    while (step := next_step(counts)) not in {Step.FINISH, Step.FAIL}:
        if step is Step.TOP_UP:
            more = room(counts)
            counts = Counts(counts.planned - more, counts.queued + more, counts.done, counts.failed)
        else:
            spoken = outcomes[settled]
            settled += 1
            counts = Counts(counts.planned, counts.queued - 1, counts.done + spoken, counts.failed + (not spoken))
        assert counts.queued <= WINDOW
    assert (counts.total, counts.planned, counts.queued) == (total, 0, 0)
    assert (next_step(counts) is Step.FAIL) == (counts.done == 0)


def test_a_segment_goes_from_provider_to_provider_and_then_ends() -> None:
    order = ("speechify:geffen_32", "polly:Joanna", "espeak:en-us")
    assert next_voice(order[0], order) == order[1]
    assert next_voice(order[1], order) == order[2]
    assert next_voice(order[2], order) is None
    assert next_voice("somebody:else", order) is None
