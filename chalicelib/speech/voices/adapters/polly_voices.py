"""Amazon Polly's neural voices, as listed in September 2025; usual voices first.

Not every region has every voice; the service rejects one that its region lacks, and the next provider takes over.
`make voices` compares this list with the account's.
"""

from chalicelib.speech.voices.model import Gender, Voice

_VOICES: dict[str, tuple[tuple[str, Gender], ...]] = {
    "en-US": (
        ("Joanna", "female"),
        ("Matthew", "male"),
        ("Ruth", "female"),
        ("Stephen", "male"),
        ("Danielle", "female"),
        ("Gregory", "male"),
        ("Salli", "female"),
        ("Joey", "male"),
        ("Kendra", "female"),
        ("Kimberly", "female"),
        ("Ivy", "female"),
        ("Justin", "male"),
        ("Kevin", "male"),
    ),
    "en-GB": (("Amy", "female"), ("Brian", "male"), ("Emma", "female"), ("Arthur", "male")),
    "en-AU": (("Olivia", "female"),),
    "en-IE": (("Niamh", "female"),),
    "en-IN": (("Kajal", "female"),),
    "en-NZ": (("Aria", "female"),),
    "en-SG": (("Jasmine", "female"),),
    "en-ZA": (("Ayanda", "female"),),
    "ar-AE": (("Hala", "female"), ("Zayd", "male")),
    "ca-ES": (("Arlet", "female"),),
    "cmn-CN": (("Zhiyu", "female"),),
    "cs-CZ": (("Jitka", "female"),),
    "da-DK": (("Sofie", "female"),),
    "de-DE": (("Vicki", "female"), ("Daniel", "male")),
    "de-AT": (("Hannah", "female"),),
    "de-CH": (("Sabrina", "female"),),
    "es-ES": (("Lucia", "female"), ("Sergio", "male")),
    "es-MX": (("Mia", "female"), ("Andres", "male")),
    "es-US": (("Lupe", "female"), ("Pedro", "male")),
    "fi-FI": (("Suvi", "female"),),
    "fr-FR": (("Lea", "female"), ("Remi", "male")),
    "fr-BE": (("Isabelle", "female"),),
    "fr-CA": (("Gabrielle", "female"), ("Liam", "male")),
    "it-IT": (("Bianca", "female"), ("Adriano", "male")),
    "ja-JP": (("Kazuha", "female"), ("Takumi", "male"), ("Tomoko", "female")),
    "ko-KR": (("Seoyeon", "female"), ("Jihye", "female")),
    "nb-NO": (("Ida", "female"),),
    "nl-NL": (("Laura", "female"),),
    "nl-BE": (("Lisa", "female"),),
    "pl-PL": (("Ola", "female"),),
    "pt-BR": (("Camila", "female"), ("Thiago", "male"), ("Vitoria", "female")),
    "pt-PT": (("Ines", "female"),),
    "sv-SE": (("Elin", "female"),),
    "tr-TR": (("Burcu", "female"),),
    "yue-CN": (("Hiujin", "female"),),
}

VOICES = tuple(
    Voice(f"polly:{key}", key, language, gender) for language, voices in _VOICES.items() for key, gender in voices
)
