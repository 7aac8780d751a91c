"""The account: invitation, appearance, podcasts, API keys, pronunciation, webhooks, a forgotten password, export and erasure."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from tests.support.page_driver import too_wide, unexpected_errors, violations


def test_the_steps_of_signing_in_have_addresses_and_focus_their_first_field(observed: dict[str, Any]) -> None:
    assert observed["signIn"] == {"focused": ["Username or email", "Username"], "address": "#/collections"}
    assert observed["reset"]["focused"] == "Code from the email"
    assert observed["reset"]["address"].startswith("#/reset-password?user=")


def test_an_invited_user_chooses_a_password_in_place_of_the_temporary_one(observed: dict[str, Any]) -> None:
    invited = observed["invited"]
    assert invited["focused"] == "New password"
    assert invited["address"] == f"#/new-password?user={invited['name']}&next=%2Flibrary"
    assert "new-password" in observed["screens"]


def test_the_theme_is_kept_after_a_reload(observed: dict[str, Any]) -> None:
    before, after, chosen = (observed["appearance"][name] for name in ("before", "after", "chosen"))
    assert before[0] == "system"
    assert after[:2] == [chosen, chosen]


def test_a_podcast_link_serves_its_feed_until_it_is_revoked(observed: dict[str, Any]) -> None:
    podcast = observed["podcast"]
    assert podcast["copied"] == podcast["shown"]
    status, media_type, text = podcast["before"]
    assert (status, media_type.partition(";")[0]) == (200, "application/rss+xml")
    assert "<title>Evenings</title>" in text
    assert podcast["after"][0] in (403, 404, 410)
    assert podcast["canRevoke"] == 0, "only a link that exists can be revoked"
    assert "Evenings" in observed["activity"]


def test_an_api_key_is_shown_once_and_opens_nothing_once_it_is_deleted(observed: dict[str, Any]) -> None:
    key = observed["apiKey"]
    assert key["copied"] == key["shown"]
    assert re.fullmatch(r"vm_[\w-]{60}", key["shown"])
    assert (key["before"], key["after"]) == (200, 401)
    assert key["shown"] not in key["listed"]
    assert key["listed"].startswith(f"E-reader vm_…{key['shown'][-4:]}")
    assert "last used" in key["listed"]


def test_a_pronunciation_is_counted_and_heard_before_it_is_saved(observed: dict[str, Any]) -> None:
    pronunciation = observed["pronunciation"]
    assert re.fullmatch(r"Affects 1 document, [1-9][\d,]* characters\.", pronunciation["affects"])
    assert (pronunciation["spoken"], pronunciation["heardMs"] > 0) == ("note", True)
    assert pronunciation["saved"].startswith("keeper note")


def test_the_secret_of_a_webhook_is_shown_once(observed: dict[str, Any]) -> None:
    webhook = observed["webhook"]
    assert webhook["secret"].startswith("whsec_")
    assert webhook["state"].startswith("https://hooks.invalid/visionary\nA file is ready · A recording is done")
    assert webhook["secretsAfterReload"] == 0


def test_the_export_contains_the_files(observed: dict[str, Any]) -> None:
    assert observed["export"]["name"].endswith(".zip")
    with zipfile.ZipFile(observed["export"]["path"]) as archive:
        assert [name for name in archive.namelist() if name.endswith("letters.txt")]


def test_an_erasure_has_a_receipt_with_counts(observed: dict[str, Any]) -> None:
    for name in ("Records deleted", "Stored objects deleted"):
        assert int(re.search(rf"{name}\s+([\d,]+)", observed["facts"])[1].replace(",", "")) > 0  # type: ignore[index]
    receipt = json.loads(Path(observed["receipt"]["path"]).read_text())
    assert receipt["sha256"] in observed["facts"]
    assert receipt["left"] == {"rows": 0, "versions": 0, "uploads": 0}


def test_every_screen_is_accessible_and_without_errors(observed: dict[str, Any]) -> None:
    assert (violations(observed), too_wide(observed)) == ({}, [])
    assert unexpected_errors(observed) == []
