"""Words of a language that the rules for all languages need."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words for signs in one language."""

    language: str
    at: str
    dot: str
    dash: str
    underscore: str
    port: str
    number: str
    others: str  # of the authors of a work
    hash: str
    stars: str  # "{filled} of {all} stars"
    citation_words: str  # alternatives of a pattern: what stands before a citation
    repeated_work: str  # alternatives: "ibid."
    undated: str  # alternatives: what stands for a year
    note_words: str  # alternatives: words of marks in square brackets


ENGLISH = Vocabulary(
    language="en",
    at="at",
    dot="dot",
    dash="dash",
    underscore="underscore",
    port="port",
    number="number",
    others="and others",
    hash="hash",
    stars="{filled} of {all} stars",
    citation_words=r"see also|see|cf\.|e\.g\.,?|i\.e\.,?",
    repeated_work=r"ibid|op\. ?cit|loc\. ?cit",
    undated=r"in press|forthcoming|n\. ?d\.",
    note_words=r"citation needed|clarification needed|note \d{1,3}|edit|Pg\.? ?\d{1,4}|p\. ?\d{1,4}",
)
GERMAN = Vocabulary(
    language="de",
    at="at",
    dot="Punkt",
    dash="Minus",
    underscore="Unterstrich",
    port="Port",
    number="Nummer",
    others="und andere",
    hash="Raute",
    stars="{filled} von {all} Sternen",
    citation_words=r"vgl\.|siehe|s\.|z\. ?B\.",
    repeated_work=r"ebd|a\. ?a\. ?O",
    undated=r"im Druck|im Erscheinen|o\. ?J\.",
    note_words=r"Anm\. ?\d{1,3}|Beleg\?|Beleg fehlt|Bearbeiten|Quelltext bearbeiten|S\. ?\d{1,4}",
)
