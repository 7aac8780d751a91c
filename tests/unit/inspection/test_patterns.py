"""The rules that find known bad patterns."""

from chalicelib.inspection import patterns


def test_every_rule_has_a_sentence_for_the_owner() -> None:
    sentences = patterns.rejection_sentences()
    assert {"eicar", "windows_program", "linux_program", "macos_program"} <= set(sentences)
    assert all(len(sentence) > 30 and sentence.endswith(".") for sentence in sentences.values())


def test_the_rules_do_not_match_their_own_sources() -> None:
    for source in patterns.RULES_DIR.glob("*.yar"):
        assert patterns.matching_rules(source, "text") == [], "otherwise virus scanners would report this repository"
