"""Loudness by ITU-R BS.1770-4, and the gain that gives all voices the same one."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from chalicelib.speech.audio.pcm import SAMPLE_RATE, Samples

TARGET_LUFS = -18.0  # of every segment: Apple's and the audiobook shops' range for mono speech
TOLERANCE_LU = 1.0
PEAK = 0.89  # -1 dB of full scale: what a decoder may overshoot stays below it
MAX_GAIN_DB = 30.0  # quieter than -48 LUFS is a fault, not a quiet voice

_HOP_S = 0.1
_HOPS_PER_BLOCK = 4  # blocks of 400 ms that overlap by three quarters
_OFFSET_LU = -0.691  # so that a full-scale sine of 997 Hz in one channel is -3.01 LUFS
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_LIMITER_S = 0.0025
_LEVELLING_PASSES = 6  # limiting takes some of the loudness away


def integrated_lufs(samples: Samples) -> float | None:
    """Return the integrated loudness, or None where all of it is silent."""
    hop = round(_HOP_S * SAMPLE_RATE)
    if samples.size < hop * _HOPS_PER_BLOCK:
        samples = np.resize(samples, hop * _HOPS_PER_BLOCK) if samples.size else samples
    hops = samples[: samples.size // hop * hop].reshape(-1, hop)
    if not hops.size:
        return None
    # Parseval: the power of a weighted hop is the weighted sum of its spectrum.
    spectrum = np.abs(np.fft.rfft(hops)) ** 2
    power = (spectrum * _weights(hop)).sum(axis=1)
    blocks = np.convolve(power, np.full(_HOPS_PER_BLOCK, 1 / _HOPS_PER_BLOCK), mode="valid")
    audible = blocks[_lufs(blocks) > _ABSOLUTE_GATE_LUFS]
    if not audible.size:
        return None
    gated = audible[_lufs(audible) > float(_lufs(audible.mean())) + _RELATIVE_GATE_LU]
    return float(_lufs(gated.mean()))


def level(samples: Samples) -> Samples:
    """Return samples of the target loudness, with peaks below full scale. Silence stays silence."""
    for _ in range(_LEVELLING_PASSES):
        lufs = integrated_lufs(samples)
        if lufs is None or abs(lufs - TARGET_LUFS) < TOLERANCE_LU / 10:
            break
        gain_db = min(TARGET_LUFS - lufs, MAX_GAIN_DB)
        samples = _limit(samples * np.float32(10 ** (gain_db / 20)))
    return samples


def _limit(samples: Samples) -> Samples:
    """Turn the gain down around peaks, smoothly: not a sample exceeds the peak, and none is cut off."""
    if not samples.size or np.abs(samples).max() <= PEAK:
        return samples
    size = round(_LIMITER_S * SAMPLE_RATE)
    block_count = -(-samples.size // size)
    padded = np.zeros(block_count * size, np.float32)
    padded[: samples.size] = np.abs(samples)
    gain = np.minimum(1, PEAK / np.maximum(padded.reshape(-1, size).max(axis=1), PEAK))
    edged = np.pad(gain, 1, mode="edge")
    # Between two block centres the gain is interpolated, so each takes the least of its neighbours.
    least = np.minimum(np.minimum(edged[:-2], edged[1:-1]), edged[2:])
    centres = (np.arange(block_count) + 0.5) * size
    return (samples * np.interp(np.arange(samples.size), centres, least)).astype(np.float32)


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(_OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-12)))


@cache
def _weights(hop: int) -> NDArray[np.float64]:
    """Return the K-weighting's power at each frequency of a hop's one-sided spectrum, scaled to mean power."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(hop))
    weights = np.abs(_response(z, *_shelf()) * _response(z, *_high_pass())) ** 2
    weights[1:-1] *= 2  # the mirrored half
    return np.asarray(weights / hop**2)


def _response(z: NDArray[np.complex128], b: tuple[float, ...], a: tuple[float, ...]) -> NDArray[np.complex128]:
    return np.asarray(np.polyval(b[::-1], z) / np.polyval(a[::-1], z))


def _shelf() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the first stage, the acoustic effect of the head: the analogue prototype behind the standard's 48 kHz table."""
    k, quality = np.tan(np.pi * 1681.974450955533 / SAMPLE_RATE), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    norm = 1 + k / quality + k * k
    b = (
        (high + band * k / quality + k * k) / norm,
        2 * (k * k - high) / norm,
        (high - band * k / quality + k * k) / norm,
    )
    return b, (1.0, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm)


def _high_pass() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the second stage, the revised low-frequency B curve."""
    k, quality = np.tan(np.pi * 38.13547087602444 / SAMPLE_RATE), 0.5003270373238773
    norm = 1 + k / quality + k * k
    return (1.0, -2.0, 1.0), (1.0, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm)
