"""Text that is written in figures and signs: what is quoted and spoken, and which words light up."""

from __future__ import annotations

from tests.integration.conftest import Platform, User
from tests.integration.speech.test_jobs import quote, start_job, upload_text
from tests.support.clock import run_to_completion

WRITTEN = "It cost $100 in 1984.[12] Later it was free."
SPOKEN = "It cost one hundred dollars in nineteen eighty-four. Later it was free."


def test_a_sum_is_quoted_and_spoken_in_words_and_lit_where_it_is_written(platform: Platform, alice: User) -> None:
    media_id = upload_text(platform, alice, [WRITTEN])
    assert quote(platform, alice, media_id)["characters"] == len(SPOKEN)
    job_id = start_job(platform, alice, media_id)
    assert run_to_completion(platform, alice, job_id)["status"] == "done"
    marks = platform.client.http.get(f"/v1/speech/{job_id}/marks", headers=alice.headers).json_body["words"]
    words = {WRITTEN[start:end]: end_ms - start_ms for start_ms, end_ms, start, end in marks}
    assert list(words) == ["It", "cost", "$100", "in", "1984", "Later", "it", "was", "free"]
    assert words["$100"] > 2 * words["cost"], "three words take longer than one"
