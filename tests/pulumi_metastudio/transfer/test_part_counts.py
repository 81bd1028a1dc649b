"""How a file is divided into parts: pure numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_metastudio.transfer import part_count
from pulumi_metastudio.transfer.parts import part_ranges, parts_fit

from .upload_helpers import MEBI


@given(st.integers(1, 10**6), st.integers(1, 1000))
def test_ranges_cover_the_file_exactly(size: int, count: int) -> None:
    count = min(count, size)
    ranges = part_ranges(size, count)
    assert len(ranges) == count
    reached = 0
    for start, length in ranges:
        assert start == reached
        assert length > 0
        reached += length
    assert reached == size
    lengths = [length for _, length in ranges]
    assert max(lengths) - min(lengths) <= 1
    assert part_ranges(size, count) == ranges


@given(st.integers(1, 4 * 10**12), st.integers(1, 10**10))
def test_the_number_of_parts_is_in_its_limits(size: int, part_size: int) -> None:
    count = part_count(size, part_size)
    assert 1 <= count <= min(1000, size)
    largest = part_ranges(size, count)[0][1]
    assert largest <= 5 * 1000**3
    if count < 1000:
        assert largest <= part_size


@pytest.mark.parametrize(
    ("size", "part_size", "count"),
    [
        (1, 64 * MEBI, 1),
        (64 * MEBI, 64 * MEBI, 1),
        (64 * MEBI + 1, 64 * MEBI, 2),
        (10**12, 64 * MEBI, 1000),
        (6 * 10**9, 10**10, 2),  # one part would be more than the storage takes
    ],
)
def test_part_count(size: int, part_size: int, count: int) -> None:
    assert part_count(size, part_size) == count


@pytest.mark.parametrize(
    ("size", "count", "fits"),
    [
        (5, 1, True),
        (5, 7, False),
        (200 * 1024, 2, True),
        (200 * 1024 - 1, 2, False),
        (5 * 10**9, 1, True),
        (5 * 10**9 + 1, 1, False),
    ],
)
def test_parts_fit(size: int, count: int, fits: bool) -> None:
    assert parts_fit(size, count) is fits
