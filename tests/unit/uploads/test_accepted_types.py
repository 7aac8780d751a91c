"""The accepted types, wherever they are listed."""

import json
from pathlib import Path

from chalicelib.uploads import accepted_types

MANIFEST = Path(__file__).parents[3] / "web/public/manifest.webmanifest"


def test_other_apps_may_share_each_accepted_type_with_the_page() -> None:
    (files,) = json.loads(MANIFEST.read_text())["share_target"]["params"]["files"]
    assert files["accept"] == accepted_types.get().accept.split(",")
