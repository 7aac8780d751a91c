"""Scene breaks: lines of ornaments between the scenes of a story."""

import re

SCENE_BREAK = "* * *"  # however it is printed
MAX_CHARACTERS = 40  # of a line of ornaments

_ORNAMENTS = re.compile(r"[*•·∗✱✳❦❧☙⁂#~∼=_◆◇■□●○★☆♦⚜†—–-]+")


def is_scene_break(text: str) -> bool:
    """Return whether a block holds nothing but ornaments, such as "* * *", "#", "~" or "—"."""
    return 0 < len(text) <= MAX_CHARACTERS and _ORNAMENTS.fullmatch("".join(text.split())) is not None
