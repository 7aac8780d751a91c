"""Text recognition of one page of a PDF: Tesseract on a picture of it.

A dense page takes 1.3 s of processor time, of which Tesseract takes 1 s.
"""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from chalicelib.extraction import language
from chalicelib.extraction.model import ExtractionError
from chalicelib.extraction.recognition import engine, page_image, trained_data
from chalicelib.extraction.recognition.model import RecognizedPage
from chalicelib.platform import sandbox

CPU_S = 60  # a newspaper page takes 10 s
WALL_S = 90.0  # on a busy machine
MEMORY_BYTES = 1024 * 1024 * 1024  # the PDF's 100 MB, a picture of 16 MB, its copies, and Tesseract's lines
MIN_WORDS_TO_DETECT = 30  # below, the letters of a page say too little about its language


def recognize_in_sandbox(path: Path, page_index: int, languages: Sequence[str], *, usual: str | None) -> RecognizedPage:
    """Recognise a page in the sandbox. Without `languages`, its own language is found: the `usual` one is tried first.

    Raises SandboxError if the page cannot be recognised.
    """
    if languages:
        return _recognize(path, page_index, languages)
    first = (usual or trained_data.DEFAULT_LANGUAGE).partition("-")[0]
    if first not in trained_data.available_languages():
        first = trained_data.DEFAULT_LANGUAGE
    page = _recognize(path, page_index, [first])
    detected = language.detect(page.text).partition("-")[0]
    if detected == first or detected not in trained_data.available_languages():
        return page
    if sum(len(line.words) for line in page.lines) < MIN_WORDS_TO_DETECT:
        return page
    other = _recognize(path, page_index, [detected])
    return max(page, other, key=lambda candidate: candidate.confidence or 0.0)


def _recognize(path: Path, page_index: int, languages: Sequence[str]) -> RecognizedPage:
    folder, models = str(trained_data.folder()), trained_data.models(languages)
    return sandbox.run(
        recognize,
        path,
        page_index,
        folder,
        models,
        languages[0],
        prepare=partial(load, folder, tuple(languages)),
        cpu_s=CPU_S,
        memory_bytes=MEMORY_BYTES,
        wall_s=WALL_S,
    )


def load(folder: str, languages: Sequence[str]) -> None:
    """Load what `recognize` needs for these languages. Raises TrainedDataError.

    It runs in the sandbox's server, which does not know where the environment is: `folder` is that of the models.
    """
    import pypdfium2  # noqa: F401

    trained_data.verify(Path(folder), languages)
    engine.load(Path(folder), trained_data.models(languages))


def recognize(path: Path, page_index: int, folder: str, models: str, tag: str) -> RecognizedPage:
    """Recognise the page with these models. Runs parsers on it: use `recognize_in_sandbox`.

    Raises ExtractionError.
    """
    import pypdfium2

    started = time.process_time()
    sandbox.step("drawing the page")
    try:
        document = pypdfium2.PdfDocument(path.read_bytes())
        page = document[page_index]
    except pypdfium2.PdfiumError:
        raise ExtractionError("malformed") from None
    picture = page_image.draw(page, partial(engine.find_quarter_turns, Path(folder)))
    sandbox.step("recognising the page")
    lines, to_page = engine.read(Path(folder), models, picture)
    characters = sum(len(word.text) for line in lines for word in line.words)
    weighted = sum(len(word.text) * word.confidence for line in lines for word in line.words)
    return RecognizedPage(
        tuple(lines),
        round(picture.image.height * page_image.POINTS_PER_INCH / picture.dpi, 2),
        to_page,
        tag,
        round(weighted / characters, 1) if characters else None,
        round(time.process_time() - started, 3),
    )
