"""Into which parts a file is cut: the same for the same size, so that a resume fits."""

from __future__ import annotations

from itertools import accumulate

#: Limits of the object storage for one part, in bytes, and of the API for the number of parts.
_SMALLEST_PART = 100 * 1024
LARGEST_PART = 5 * 1000**3
MOST_PARTS = 1000


def part_count(size: int, part_size: int) -> int:
    """In how many parts to send ``size`` bytes: as few as ``part_size`` bytes each allow."""
    fewest = -(-size // LARGEST_PART)
    return max(fewest, min(MOST_PARTS, -(-size // part_size)))


def part_ranges(size: int, count: int) -> list[tuple[int, int]]:
    """Start and length of each part; the same for the same arguments, so that a resume fits.

    The lengths differ by one byte at most, so every part has some if there are enough.
    """
    length, longer = divmod(size, count)
    lengths = [length + (number < longer) for number in range(count)]
    return list(zip(accumulate([0, *lengths]), lengths, strict=False))


def parts_fit(size: int, count: int) -> bool:
    """Whether ``count`` parts of ``size`` bytes are neither too small nor too large."""
    return -(-size // count) <= LARGEST_PART and (count == 1 or size // count >= _SMALLEST_PART)
