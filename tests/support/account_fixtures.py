"""Users and files of the journeys in tests/browser/paths."""

from __future__ import annotations

import io
import random
import uuid
from pathlib import Path
from typing import Any

import psycopg
import requests
from reportlab.pdfgen.canvas import Canvas

from localstack.sample import TARGET
from tests.fakes.speechify import mp3_of
from tests.support import book_files, media_files, pdf_books, sample_files, scans
from tests.support.api_uploader import Uploader
from tests.support.local_stack import DeployedStack, wait_until
from tests.support.page_driver import run_journey

LETTERS = (
    "Lighthouses 🗼🗼 have names.\n\n"
    "Naïve café owners 👩‍🚀 count the gulls 🐦; nobody counts the waves. The keeper 🧔🏽 climbs 112 steps every evening.\n\n"
    "He writes the hour 🕘 into his book and trims the lamp. Then the beam 🔦 goes round, and every ship knows it."
)
CHAPTERS = (  # no sentence begins with a word that occurs elsewhere
    "# The harbour\n\nOne boat comes home. Her lamp is lit.\n\n"
    "# The tower\n\nKeepers climb these stairs again. Somebody counts each step and never loses his way in the dark."
    " Glass turns above without any sound. Letters wait on a table until tomorrow.\n\n"
    "# The sea\n\nBlack water sleeps. No wind blows."
)
BEFORE_TABLE, AFTER_TABLE = "Gulls rest upon piers tonight.", "Evening comes slowly over quiet water."
TABLE = (("Ship", "Crew"), ("Anna", "sailors"), ("Maria", "divers"))
TYPES = {
    "txt": "text/plain",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "cbz": book_files.CBZ,
    "mp3": "audio/mpeg",
    "png": "image/png",
    "epub": media_files.EPUB,
    "webm": "video/webm",
}
LEAVES = (  # pages of a scan that is recognized while it is shown
    "The harbour master counted the lanterns along the embankment before the light went out.",
    *["An apprentice from the north carried the manuscript to the observatory in the evening."] * 5,
)
PAGES, PAGE_SIDE_PX = 12, 600  # of a scanned document: 360 KB a page, more than one range request loads


def scanned_pdf() -> bytes:
    """Return a PDF of pages with images that cannot be compressed."""
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}
    picture = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8 /Width %d /Height %d "
    for number in range(PAGES):
        page, content, image = (3 + 3 * number + part for part in range(3))
        resources = b"/Resources << /XObject << /P %d 0 R >> >>" % image
        objects[page] = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R %s >>" % (
            content,
            resources,
        )
        objects[content] = sample_files.stream(b"q 612 0 0 792 0 0 cm /P Do Q")
        noise = random.Random(number).randbytes(PAGE_SIDE_PX**2)  # noqa: S311
        objects[image] = sample_files.stream(noise, picture % (PAGE_SIDE_PX, PAGE_SIDE_PX), deflate=False)
    kids = b" ".join(b"%d 0 R" % (3 + 3 * number) for number in range(PAGES))
    objects[2] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, PAGES)
    return sample_files.pdf(objects)


def numbered_pdf() -> bytes:
    """Return a PDF of 160 pages with a line on each."""
    output = io.BytesIO()
    canvas = Canvas(output, pagesize=(420, 595))
    for number in range(1, 161):
        canvas.drawString(54, 500, f"Page {number} of the keeper's book.")
        canvas.showPage()
    canvas.save()
    return output.getvalue()


def sample_contents() -> dict[str, bytes]:
    """Return the contents of all files by name."""
    gulls = "Gulls sit on the quay. Nobody feeds the gulls. Nobody minds.\n\n"
    return {
        "letters.txt": LETTERS.encode(),
        "chapters.md": CHAPTERS.encode(),
        "ships.md": (
            f"{BEFORE_TABLE}\n\n| Ship | Crew |\n|---|---|\n| Anna | sailors |\n| Maria | divers |\n\n{AFTER_TABLE}"
        ).encode(),
        "gulls.txt": ("The quay is long and empty.\n\n" * 40 + gulls).encode(),
        "harbour.txt": b"The harbour sleeps until the boats come.",
        "waves.txt": b"Waves come and go.",
        "long.md": "\n\n".join(
            f"# Chapter {n} 🗼\n\n" + "The sea goes up and down. " * 400 for n in range(1, 41)
        ).encode(),
        "picture.png": media_files.saved(media_files.drawn("RGB", (2400, 1500)), "PNG"),
        "sound.mp3": mp3_of(4_000),
        "film.webm": media_files.film(24),
        "hostile.pdf": media_files.saved(media_files.drawn(), "PNG"),
        "scans.pdf": scanned_pdf(),
        "pages.pdf": numbered_pdf(),
        "leaves.pdf": scans.scan(pdf_books.prose_pages(LEAVES), scans.Scanner(150)),
        "comic.cbz": book_files.cbz(),
        "sample.pdf": TARGET.read_bytes(),
    }


def write_files(folder: Path) -> dict[str, str]:
    """Write all files and create a folder for downloads; return their paths by stem."""
    (folder / "downloads").mkdir()
    for name, content in sample_contents().items():
        (folder / name).write_bytes(content)
    return {path.stem: str(path) for path in folder.iterdir()}


class UserWithMedia(Uploader):
    """A user who has uploaded these files."""

    def __init__(self, stack: DeployedStack, *names: str) -> None:
        self.user = f"user-{uuid.uuid4().hex[:10]}"
        super().__init__(stack, self.user)
        media_ids = [self._upload(name, sample_contents()[name]) for name in names]
        self.media = [self.wait_until_inspected(media_id) for media_id in media_ids]

    def add(self, name: str, content: bytes) -> dict[str, Any]:
        """Upload one more file and return its media once it is inspected."""
        media: dict[str, Any] = self.wait_until_inspected(self._upload(name, content))
        self.media.append(media)
        return media

    def _upload(self, name: str, content: bytes) -> str:
        started = self.start_upload(content, filename=name, media_type=TYPES[name.rpartition(".")[2]])
        target = started["upload"]
        requests.put(target["url"], data=content, headers=target["headers"], timeout=60).raise_for_status()
        return str(started["media"]["id"])

    def record(self, name: str, seconds: float = 240) -> None:
        """Create the recording of a file and wait until it is complete."""
        (media_id,) = (media["id"] for media in self.media if media["filename"] == name)
        job_id = self.call("POST", f"/v1/media/{media_id}/speech", {}, expect=202)["id"]
        wait_until(
            lambda: self.call("GET", f"/v1/speech/{job_id}")["status"] == "done", seconds=seconds, event="the recording"
        )

    def add_unfinished(self, name: str, status: str) -> None:
        """Add a file that stays `pending` or `inspecting`."""
        media_id = self.start_upload(b"Something.", filename=name)["media"]["id"]
        with psycopg.connect(self.stack.postgres().url("postgres"), autocommit=True) as database:
            database.execute(
                "UPDATE media SET status = %s, lease_until = CASE WHEN %s = 'inspecting' THEN now() + interval '1 day' END"
                " WHERE id = %s",
                (status, status, media_id),
            )


def create_user(stack: DeployedStack, journey: str) -> UserWithMedia | None:
    """Create the user of a journey; None if the journey signs up a new one."""
    if journey == "library":
        user = UserWithMedia(stack, "gulls.txt", "harbour.txt", "waves.txt", "letters.txt", "hostile.pdf")
        user.add_unfinished("coming.txt", "pending")
        user.add_unfinished("inspected.txt", "inspecting")
        return user
    if journey == "reading":
        return UserWithMedia(stack, "long.md", "scans.pdf", "pages.pdf", "comic.cbz")
    if journey == "listening":
        return UserWithMedia(stack, "letters.txt", "chapters.md", "ships.md")
    if journey == "annotations":
        return UserWithMedia(stack, "letters.txt", "sample.pdf")
    if journey == "player":
        user = UserWithMedia(stack, "letters.txt", "chapters.md", "long.md", "sound.mp3", "film.webm")
        collection = user.call("POST", "/v1/collections", {"name": "Evening"}, expect=201)
        evening = [
            media["id"] for name in ("sound.mp3", "letters.txt") for media in user.media if media["filename"] == name
        ]
        user.call("POST", f"/v1/collections/{collection['id']}/media", {"media_ids": evening})
        return user
    if journey == "sharing":
        user = UserWithMedia(stack, "sample.pdf", "letters.txt", "sound.mp3")
        user.record("letters.txt")
        collection = user.call("POST", "/v1/collections", {"name": "Evening"}, expect=201)
        user.call(
            "POST", f"/v1/collections/{collection['id']}/media", {"media_ids": [media["id"] for media in user.media]}
        )
        return user
    if journey == "offline":
        user = UserWithMedia(stack, "letters.txt", "harbour.txt")
        user.record("letters.txt")
        return user
    if journey == "keyboard":
        return UserWithMedia(stack, "letters.txt", "chapters.md")
    if journey == "accessibility":
        user = UserWithMedia(stack, "sample.pdf", "gulls.txt", "harbour.txt", "hostile.pdf")
        user.record("sample.pdf")
        return user
    return None


JOURNEYS = (
    "annotations",
    "files",
    "library",
    "reading",
    "listening",
    "player",
    "sharing",
    "keyboard",
    "accessibility",
    "account",
    "language",
    "offline",
)


def invite(stack: DeployedStack) -> dict[str, str]:
    """Create a user as an operator does: with a temporary password."""
    invited = {"invited": f"invited-{uuid.uuid4().hex[:10]}", "temporaryPassword": "a temporary password"}
    pool = stack.home.endpoints()["auth"]["issuer"].rpartition("/")[2]
    stack.aws("cognito-idp").admin_create_user(
        UserPoolId=pool, Username=invited["invited"], TemporaryPassword=invited["temporaryPassword"]
    )
    return invited


def run(stack: DeployedStack, journey: str, folder: Path, width: int = 1280, theme: str = "light") -> dict[str, Any]:
    """Run one of JOURNEYS in Chromium and return what it observed."""
    user = create_user(stack, journey)
    credentials = {"user": user.user, "password": stack.home.password(user.user)} if user else {}
    if journey == "account":
        credentials |= invite(stack)
    files = write_files(folder)
    if journey == "offline" and user:
        kept_id, other_id = (media["id"] for media in user.media)
        files |= {"mediaId": kept_id, "unkeptId": other_id, "token": stack.token(user.user)}
    script = f"paths/{journey}.mjs"
    is_proxied = journey == "offline"
    return run_journey(
        stack, "chromium", journey, width, theme, script=script, is_proxied=is_proxied, **credentials, **files
    )
