"""Words of a book that its reader can skip, in the terms of EPUB's Structural Semantics Vocabulary (1.1).

A reading system that lets listeners skip notes or tables looks for these terms in the media overlay.
"""

from __future__ import annotations

from chalicelib.exports.content.recording import Recording, RecordingChapter
from chalicelib.library.passages import PassageMarks
from chalicelib.speech.playback import skippable
from chalicelib.speech.skipping import SkippableKind

# Formulas and addresses have no term. "figure" is defined to include code listings.
TERMS = {
    SkippableKind.FRONT_MATTER: "frontmatter",
    SkippableKind.TOC: "toc",
    SkippableKind.FOOTNOTE: "footnote",
    SkippableKind.NOTE_MARK: "noteref",
    SkippableKind.CITATION: "biblioref",
    SkippableKind.REFERENCE: "biblioentry",
    SkippableKind.TABLE: "table",
    SkippableKind.CAPTION: "figure",
    SkippableKind.FIGURE: "figure",
    SkippableKind.CODE: "figure",
}


def list_terms(recording: Recording, chapter: RecordingChapter) -> dict[int, str]:
    """Return the terms of a chapter's words, by the word's number; words of the running text have none."""
    marks = PassageMarks(list(recording.blocks), list(recording.spans))
    terms: dict[int, set[str]] = {}
    for kind, first, last in skippable.find_words(marks, chapter.words):
        for number in range(first, last + 1) if kind in TERMS else ():
            terms.setdefault(number, set()).add(TERMS[kind])
    return {number: " ".join(sorted(names)) for number, names in terms.items()}
