"""Languages of passages, as a document marks them."""

from dataclasses import dataclass, field

from chalicelib.extraction import language


@dataclass(slots=True)
class PassageLanguages:
    """Languages of marked passages, beside that of the document. Each tag is looked up once."""

    document_language: str | None
    _by_tag: dict[str, str] = field(default_factory=dict)

    def of_passage(self, value: str) -> str:
        """Return the language of a passage (BCP 47), or "" if it is the document's."""
        if value not in self._by_tag:
            own = language.normalize(self.document_language).partition("-")[0]
            tag = language.normalize(value)
            is_own = tag == language.UNDETERMINED or tag.partition("-")[0] == own
            self._by_tag[value] = "" if is_own else tag
        return self._by_tag[value]
