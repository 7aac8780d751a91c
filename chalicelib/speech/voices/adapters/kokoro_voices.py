"""Voices of Kokoro 82M v1.0: a name's first two letters say language and gender."""

from chalicelib.speech.voices.model import Gender, Voice

_LANGUAGES = {
    "a": "en-US",
    "b": "en-GB",
    "e": "es",
    "f": "fr-FR",
    "h": "hi",
    "i": "it",
    "j": "ja",
    "p": "pt-BR",
    "z": "cmn",
}
_GENDERS: dict[str, Gender] = {"f": "female", "m": "male"}

_NAMES = {  # by language and gender; those that the authors grade best come first
    "af": ("heart", "bella", "nicole", "aoede", "kore", "sarah", "alloy", "nova", "sky", "jessica", "river"),
    "am": ("michael", "fenrir", "puck", "echo", "eric", "liam", "onyx", "santa", "adam"),
    "bf": ("emma", "isabella", "alice", "lily"),
    "bm": ("george", "fable", "lewis", "daniel"),
    "ef": ("dora",),
    "em": ("alex", "santa"),
    "ff": ("siwis",),
    "hf": ("alpha", "beta"),
    "hm": ("omega", "psi"),
    "if": ("sara",),
    "im": ("nicola",),
    "jf": ("alpha", "gongitsune", "tebukuro", "nezumi"),
    "jm": ("kumo",),
    "pf": ("dora",),
    "pm": ("alex", "santa"),
    "zf": ("xiaoxiao", "xiaobei", "xiaoni", "xiaoyi"),
    "zm": ("yunxi", "yunjian", "yunxia", "yunyang"),
}


def voice_from_key(key: str) -> Voice | None:
    """Return the voice with a server's name for it; None for names of another scheme."""
    prefix, underscore, name = key.partition("_")
    if not underscore or len(prefix) != 2 or prefix[0] not in _LANGUAGES or prefix[1] not in _GENDERS or not name:
        return None
    return Voice(f"openai:{key}", name.replace("_", " ").title(), _LANGUAGES[prefix[0]], _GENDERS[prefix[1]])


VOICES = tuple(
    voice for letters, names in _NAMES.items() for name in names if (voice := voice_from_key(f"{letters}_{name}"))
)
