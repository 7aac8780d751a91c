"""The document model: every string of a document is in its text once, or left out once with a reason."""

from pathlib import Path

import pytest

from chalicelib.extraction import extract
from tests.support import marked_documents, structured_documents

DOCUMENTS_PER_FORMAT = 60  # `python -m bench.accounting` tries 10,000


@pytest.mark.parametrize("media_type", marked_documents.FORMATS)
def test_every_word_is_in_the_text_or_left_out_exactly_once(media_type: str, tmp_path: Path) -> None:
    for seed in range(DOCUMENTS_PER_FORMAT):
        document = marked_documents.make_document(media_type, seed)
        (tmp_path / "file").write_bytes(document.content)
        extracted = extract.extract(tmp_path / "file", media_type)
        structured_documents.assert_valid_extraction(extracted)
        assert not marked_documents.wrong_counts(document, extracted), f"seed {seed}"
