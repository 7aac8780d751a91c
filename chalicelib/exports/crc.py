"""Combine CRC-32 checksums: that of gigabytes from the stored ones of their segments.

A CRC is linear over GF(2): appending zero bytes is a 32 × 32 matrix, and appending 2ⁿ of them is that matrix squared n times.
"""

from functools import cache

_POLYNOMIAL = 0xEDB88320  # of ZIP (ISO 3309), lowest bit first

Matrix = tuple[int, ...]  # its columns, as the images of the 32 bits


def combine(first: int, second: int, second_size: int) -> int:
    """Return the CRC-32 of two byte strings joined, from that of each. `second_size` is in bytes."""
    power = 0
    while second_size >> power:
        if second_size >> power & 1:
            first = _times(_zero_bytes(power), first)
        power += 1
    return first ^ second


@cache
def _zero_bytes(power: int) -> Matrix:
    """Return the effect of 2^power zero bytes on a CRC."""
    if power:
        return _squared(_zero_bytes(power - 1))
    one_bit = (_POLYNOMIAL, *(1 << bit for bit in range(31)))
    return _squared(_squared(_squared(one_bit)))


def _squared(matrix: Matrix) -> Matrix:
    return tuple(_times(matrix, column) for column in matrix)


def _times(matrix: Matrix, vector: int) -> int:
    total = 0
    for column in matrix:
        if vector & 1:
            total ^= column
        vector >>= 1
    return total
