"""Speed of the page in Chromium on a running local stack (`make up`).

Measures the first screen, a library of 10,000 items, a PDF of 1,200 pages, and a book of 4 million characters with
3,000 pictures, which is scrolled and read aloud.

    python -m bench.page [--items 10000] [--pages 1200] [--characters 4000000] [--pictures 3000] [--width 1280]

Needs Chromium (or CHROMIUM) and Node with npm. The items are rows without files, since it measures scrolling, not inspection.
"""

from __future__ import annotations

import argparse
import os
import uuid
from typing import Any

import jwt
import psycopg
import requests

from bench import chromium
from bench.first_page import make_book
from bench.illustrated_book import make_illustrated_book
from bench.running_stack import running_stack, wait_until_quiet
from tests.support.api_uploader import Uploader
from tests.support.local_stack import DeployedStack, wait_until
from tests.support.page_driver import MAX_FIRST_SCRIPTS_BYTES

RECORDED_CHARACTERS = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.page", description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--pages", type=int, default=1_200)
    parser.add_argument("--characters", type=int, default=4_000_000)
    parser.add_argument("--pictures", type=int, default=3_000)
    parser.add_argument("--width", type=int, default=1_280)
    options = parser.parse_args()
    if not chromium.is_installed():
        return
    stack = running_stack()
    user = f"bench-{uuid.uuid4().hex[:8]}"
    reader = Uploader(stack, user)
    pdf_id = upload(reader, make_book(options.pages), "long.pdf", "application/pdf")
    epub = make_illustrated_book(options.characters, options.pictures)
    book_id = upload(reader, epub, "illustrated.epub", "application/epub+zip")
    record_start(reader, book_id)
    insert_items(stack, reader, options.items - 2)
    wait_until_quiet()
    observed = chromium.measure(
        "page.mjs",
        stack,
        user,
        timeout_s=600,
        width=options.width,
        mediaId=pdf_id,
        bookId=book_id,
        bookMiddle=options.characters // 2,
        items=options.items,
    )
    print_report(observed, options)


def upload(reader: Uploader, content: bytes, filename: str, media_type: str) -> str:
    started = reader.start_upload(content, filename=filename, media_type=media_type)
    target = started["upload"]
    requests.put(target["url"], data=content, headers=target["headers"], timeout=120).raise_for_status()
    media = reader.wait_until_inspected(started["media"]["id"], seconds=300)
    assert media["status"] == "ready", media
    return str(media["id"])


def record_start(reader: Uploader, media_id: str) -> None:
    """Have the start of a book read aloud: half a minute of it is played."""
    job_id = reader.call("POST", f"/v1/media/{media_id}/speech", {"end": RECORDED_CHARACTERS}, expect=202)["id"]
    wait_until(
        lambda: reader.call("GET", f"/v1/speech/{job_id}")["status"] == "done",
        seconds=300,
        event="the recording of the book",
    )


def insert_items(stack: DeployedStack, reader: Uploader, rows: int) -> None:
    """Insert more media of the same account, of earlier years."""
    owner_id = jwt.decode(reader.token, options={"verify_signature": False})["sub"]
    with psycopg.connect(stack.postgres().url("postgres")) as connection:
        connection.execute(
            """INSERT INTO media (id, owner_id, filename, title, media_type, size_bytes, status, upload_expires_at, created_at,
                                  ready_at, language, text_length, page_count, word_count)
               SELECT gen_random_uuid(), %s, 'report ' || n || '.txt', 'Report ' || n, 'text/plain', 1000 + n, 'ready', now(),
                      now() - make_interval(hours => n), now(), 'en', 1500, 1, 250
               FROM generate_series(1, %s) AS n""",
            [owner_id, rows],
        )


def print_report(observed: dict[str, Any], options: Any) -> None:
    first, scrolling = observed["first"], observed["scrolling"]
    busy = f"{os.getloadavg()[0]:.1f} processes shared {os.cpu_count()} cores"
    print(f"Chromium, {options.width} px, the local stack; {busy}\n")
    print(f"sign-in: first paint {first['firstPaint']:,.0f} ms, largest {first['largestPaint']:,.0f} ms")
    print(f"         interactive {first['interactive']:,.0f} ms, blocked {first['blocked']:,.0f} ms")
    print(f"         JavaScript {first['scriptBytes']:,} bytes transferred; at most {MAX_FIRST_SCRIPTS_BYTES:,}")
    print(f"library: {observed['library']:,} ms from pressing Sign in to the first item")
    print(f"         all {options.items:,} items loaded by scrolling in {observed['allLoaded'] / 1000:,.1f} s")
    print(
        f"         scrolled at {smoothness(scrolling)}; {scrolling['cards']} cards, {scrolling['longTasks']} long tasks"
    )
    print(f"reader:  page 1 of {options.pages:,} painted in {observed['pageOneFirst']:,.0f} ms")
    print(f"         {observed['pageOneAgain']:,.0f} ms once the reader's scripts are loaded")
    book = observed["book"]
    size = f"{options.characters:,} characters and {options.pictures:,} pictures"
    print(f"book:    of {size}: its text after {book['start']:,.0f} ms, in the middle after {book['middle']:,.0f} ms")
    print(f"         scrolled at {smoothness(book['scrolling'])}; {book['scrolling']['elements']:,} elements")
    print(f"         read aloud at {smoothness(book['playing'])}; {book['playing']['words']:,} words lit")
    print(f"layout:  shifted by at most {observed['layoutShift']:.4f} on a screen")


def smoothness(frames: dict[str, float]) -> str:
    rate, p95, longest = frames["framesPerS"], frames["p95"], frames["longest"]
    return f"{rate:.0f} frames/s, 95 % of them within {p95:.0f} ms, the longest {longest:.0f} ms"


if __name__ == "__main__":
    main()
