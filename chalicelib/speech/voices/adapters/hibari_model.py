"""Acoustic models of hibari: phonemes in, samples and the length of every phoneme out.

They run in this process, on one processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE = 24_000
SAMPLES_PER_UNIT = 600  # lengths of phonemes count units of 25 ms
_DURATIONS = "/Clip_output_0"  # the tensor with the phonemes' lengths, inside the model


@dataclass(frozen=True, slots=True)
class SpokenUtterance:
    """Samples of one utterance, and where each phoneme starts in them; the last entry is their end."""

    samples: NDArray[np.float32]
    phoneme_starts: NDArray[np.int64]


class AcousticModel:
    """A loaded model. Raises ImportError without its packages, OSError without its file."""

    def __init__(self, path: Path) -> None:
        import onnxruntime  # type: ignore[import-untyped]
        from hibari import dsp  # type: ignore[import-untyped]

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # a function has one processor
        options.log_severity_level = 3
        model = path.read_bytes() + _additional_output(_DURATIONS)
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._synthesize = dsp.synth

    def speak(self, phoneme_ids: Sequence[int], random: np.random.Generator) -> SpokenUtterance:
        """Speak an utterance; `random` is the source of its breath and hiss, so equal ones give equal samples."""
        import numpy as np

        inputs = {"ids": np.asarray([phoneme_ids], np.int64), "speed": np.ones(1, np.float32)}
        *spectrum, units = self._session.run(None, inputs)
        samples = self._synthesize(*(part[0] for part in spectrum), random)
        starts = np.concatenate(([0], np.cumsum(np.rint(units)))).astype(np.int64) * SAMPLES_PER_UNIT
        return SpokenUtterance(samples, starts)


@cache
def load(path: Path) -> AcousticModel:
    """Return the model of a file, loaded once: 70 ms and 100 MB."""
    return AcousticModel(path)


def packaged_model() -> Path:
    """Return the file of the voice that comes with the package. Raises ImportError without the package."""
    assets: Any = resources.files("hibari") / "assets"
    return Path(assets) / "hibari.onnx"


def _additional_output(tensor: str) -> bytes:
    """Return what makes a tensor inside a model one of its outputs, appended to the model's bytes.

    A serialized protocol buffer continued by another one is their merger (protobuf.dev, "Last One Wins"): field 7 of an ONNX
    model is its graph, field 12 of a graph its outputs, field 1 of an output its name.
    """

    def message(number: int, content: bytes) -> bytes:
        return bytes((number << 3 | 2, len(content))) + content

    return message(7, message(12, message(1, tensor.encode())))
