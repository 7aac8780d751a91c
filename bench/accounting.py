"""Accounting of words: every string of a document is in its text once, or left out once with a reason.

    python -m bench.accounting [--documents 10000] [--formats text/html …]

The documents are generated with every kind of block and the oddities of real files, each string with a token of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from chalicelib.extraction import extract
from tests.support import marked_documents


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000, help="of all formats together")
    parser.add_argument("--formats", nargs="+", default=marked_documents.FORMATS, choices=marked_documents.FORMATS)
    options = parser.parse_args()
    wrong_documents = tokens = 0
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        for number in range(options.documents):
            media_type = options.formats[number % len(options.formats)]
            document = marked_documents.make_document(media_type, number)
            path.write_bytes(document.content)
            wrong = marked_documents.wrong_counts(document, extract.extract(path, media_type))
            tokens += len(document.tokens)
            if wrong:
                wrong_documents += 1
                print(f"{media_type}, seed {number}: {wrong}")
    took = time.process_time() - started
    print(
        f"{options.documents:,} documents with {tokens:,} strings, {wrong_documents} wrong; {took:.0f} s of processor time"
    )
    return 1 if wrong_documents else 0


if __name__ == "__main__":
    sys.exit(main())
