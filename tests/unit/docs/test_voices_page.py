"""docs/voices.md agrees with the code: limits and prices of providers, names of settings, outcomes."""

import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from chalicelib.platform import config
from chalicelib.platform.config import Settings
from chalicelib.speech.voices import languages, providers
from chalicelib.speech.voices.adapters import espeak_languages, speechify_voices
from chalicelib.speech.voices.adapters.kokoro_voices import VOICES
from chalicelib.speech.voices.adapters.retry import TOTAL_TIMEOUT_S
from chalicelib.speech.voices.catalogue import list_voices
from chalicelib.speech.voices.model import CallOutcome
from infra.deploy.parameters import environment_name
from infra.operate.voices import SENTENCE

PAGE = (Path(__file__).parent.parent.parent.parent / "docs" / "voices.md").read_text()

pytestmark = pytest.mark.usefixtures("deployment")


@pytest.mark.parametrize("name", get_args(config.VoiceProvider))
def test_the_table_lists_each_providers_limits_and_price(name: str) -> None:
    provider = providers.get(name)
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    _, _, _, timings, price, characters, concurrency, _ = row.split("|")
    assert provider.timing in timings
    assert f"${provider.estimated_cost(1_000_000):g}" in price if provider.price_per_million else "nothing" in price
    if provider.concurrency is not None:
        assert f"{provider.max_characters:,}" in characters
        assert str(provider.concurrency) in concurrency
    if provider.per_second is not None:
        assert f"{provider.per_second} " in concurrency


def test_the_page_names_exactly_the_settings_that_the_code_reads() -> None:
    documented = set(re.findall(r"\b((?:SPEECHIFY|POLLY|OPENAI_TTS|TTS)_[A-Z_]+)\b", PAGE))
    declared = {name.upper() for name in Settings.model_fields} | {environment_name("PollyEndpointUrl")}
    assert documented <= declared
    assert {name for name in declared if name.startswith(("TTS_", "OPENAI_", "POLLY_", "SPEECHIFY_"))} <= documented


def test_every_failed_outcome_is_explained() -> None:
    assert set(re.findall(r"\| `(\w+)` \|", PAGE)) >= {outcome.value for outcome in CallOutcome} - {"spoken"}


def test_numbers_in_the_text_match_the_code() -> None:
    assert f"({len(SENTENCE)} characters" in PAGE
    assert f"Kokoro's {len(VOICES)} voices" in PAGE
    assert f"A call may take {TOTAL_TIMEOUT_S:g} seconds" in PAGE


def test_the_table_of_languages_counts_the_voices_of_every_provider() -> None:
    table = PAGE.partition("| language | ")[2].partition("\n\n")[0].splitlines()
    columns = [name.strip(" `") for name in table[0].split("|")[:-1]]
    assert sorted(columns) == sorted(get_args(config.VoiceProvider))
    documented = {}
    for row in table[2:]:
        _, language, *entries, _ = row.split("|")
        documented[language.split("`")[1]] = dict(zip(columns, map(str.strip, entries), strict=True))
    counts = {name: Counter(languages.primary(voice.language) for voice in list_voices([name])) for name in columns}
    sold = {languages.primary(tag) for tags in speechify_voices.MODELS.values() for tag in tags}
    for language, cells in documented.items():
        for name, cell in cells.items():
            unlisted = "list" if name == "speechify" and language in sold else "–"
            assert cell == (str(counts[name][language]) if counts[name][language] else unlisted), (language, name)
    natural = sold.union(*(counts[name] for name in columns if name != "espeak"))
    assert documented.keys() == natural
    assert sorted(re.findall(r"`(\w+)`", PAGE.partition("Only espeak-ng speaks")[2].partition("\n\n")[0])) == sorted(
        counts["espeak"].keys() - natural
    )
    unreadable = PAGE.partition("script it cannot read:")[2].partition(". Why")[0]
    assert set(re.findall(r"`([\w-]+)`", unreadable)) == espeak_languages.UNREADABLE.keys()
