"""Citations in running text."""

import pytest

from chalicelib.extraction import citations


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("As shown before [12], ships float [3, 5–7].", ["[12]", "[3, 5–7]"]),
        ("So it is (Miller et al., 2019; Okafor, 2021a).", ["(Miller et al., 2019; Okafor, 2021a)"]),
        ("So it is (see Müller and van der Berg 1998, p. 7).", ["(see Müller and van der Berg 1998, p. 7)"]),
        ("It rained (in the winter of 1911) and snowed (May 1912).", []),
        ("He said [sic] that the [old] harbour was closed (for 3 days) [...].", []),
        ("No brackets, 1999.", []),
    ],
)
def test_citations_are_found_and_dates_are_not(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in citations.find(text)] == found
