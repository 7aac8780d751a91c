"""English initials that are said as words, and the short words that are no initials."""

from chalicelib.speech.normalization import capitals

# Initials that people say as a word.
_SAID_AS_WORDS = frozenset(
    (
        "NASA NATO UNESCO UNICEF OPEC AIDS NAFTA ASEAN FIFA UEFA ASCII JPEG GIF RAM SIM PIN LASER RADAR SONAR SCUBA OK "
        "ZIP COVID LEGO IKEA SWAT NIMBY YOLO LOL MENSA INTERPOL EURATOM CERN"
    ).split()
)
# Words of two and three letters, which would otherwise be initials.
_SHORT_WORDS = frozenset(
    (
        "A I AM AN AS AT BE BY DO GO HE IF IN IS IT ME MY NO OF ON OR SO TO UP US WE ALL AND ANY ARE BAD BIG BUT CAN "
        "DAD DAY DID END EYE FAR FEW FOR GET GOD GOT HAD HAS HER HIM HIS HOW ITS LET LOT MAN MAY MEN MOM NEW NOT NOW "
        "OFF OLD ONE OUR OUT OWN PUT RUN SAW SAY SEA SEE SHE SIT SIX SUN TEN THE TOO TOP TWO USE WAR WAS WAY WHO WHY "
        "WIN YES YET YOU"
    ).split()
)

RULES = [capitals.rule(_SAID_AS_WORDS, _SHORT_WORDS)]
