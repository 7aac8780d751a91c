"""German initials that are said as words, and the short words that are no initials."""

from __future__ import annotations

from chalicelib.speech.normalization import capitals

# Initials that people say as a word.
_SAID_AS_WORDS = frozenset(
    "NASA NATO UNESCO UNICEF OPEC AIDS FIFA UEFA TÜV UFO BAFÖG COVID OK INTERPOL IKEA DAX GAU GIF PIN RAM SIM".split()
)
# Words of two and three letters, which would otherwise be initials.
_SHORT_WORDS = frozenset(
    (
        "AB AM AN ALS AUF AUS BEI BIS DA DAS DEM DEN DER DES DIE DIR DU DORT EIN ER ES FÜR GUT HAT HER HIN ICH IHM IHN "
        "IHR IM IN IST JA MAL MAN MIR MIT NEU NIE NUN NUR OB ODER SEI SIE SO TAG TUN TUT UM UND UNS VOM VON VOR WAR WAS "
        "WEG WEM WEN WER WIE WIR WO ZU ZUM ZUR"
    ).split()
)

RULES = [capitals.rule(_SAID_AS_WORDS, _SHORT_WORDS)]
