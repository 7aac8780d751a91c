"""More than 1,000 generated files, with every oddity that real ones have: nearly all are taken, and their copies are clean."""

from pathlib import Path

import pytest

from chalicelib.inspection import types
from tests.support.corpus import acceptance, openers, specimens

pytestmark = pytest.mark.independent

MIN_TAKEN_SHARE = 0.99  # of the files of each format that a program of its field opens
MIN_OPENED_SHARE = 0.95  # of the generated files, so that the generators make valid ones
RECORDINGS = ("MP3", "M4A", "AAC", "OGG", "FLAC", "WAV", "MP4", "WebM")


@pytest.mark.parametrize("name", specimens.GENERATORS)
def test_files_that_the_programs_of_a_field_open_are_taken_and_their_copies_are_clean(
    name: str, tmp_path: Path
) -> None:
    outcome = acceptance.measure(name, specimens.FILES_PER_FORMAT, tmp_path)
    assert outcome.share >= MIN_TAKEN_SHARE, outcome.refusals
    assert not outcome.dangers
    assert outcome.opened >= MIN_OPENED_SHARE * outcome.files


def test_the_corpus_has_more_than_1_000_files_of_all_types() -> None:
    assert len(specimens.GENERATORS) * specimens.FILES_PER_FORMAT > 1_000
    made = {
        specimen.media_type if specimen.media_type in types.ACCEPTED_TYPES else file_type.media_type
        for name in specimens.GENERATORS
        for specimen in specimens.generate(name, 12)
        if (file_type := types.get_by_media_type(specimen.media_type) or types.get_by_filename(specimen.filename))
    }
    assert made == set(types.ACCEPTED_TYPES)


@pytest.mark.skipif(openers.FFPROBE is None, reason="no ffprobe here: apt-get install ffmpeg")
@pytest.mark.parametrize("name", RECORDINGS)
def test_players_open_the_recordings_of_the_corpus(name: str) -> None:
    recordings = [specimen for specimen in specimens.generate(name, 12) if "by hand" not in " ".join(specimen.oddities)]
    played = [specimen for specimen in recordings if openers.plays(specimen.content, specimen.filename)]
    assert len(played) >= MIN_OPENED_SHARE * len(recordings)
