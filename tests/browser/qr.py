"""Reads QR codes as ISO/IEC 18004 lays them out, without mending errors: a picture of ours has none.

Byte mode, versions 2 to 6, correction level M: what addresses of links need.
"""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Final

from PIL import Image

type Modules = list[list[bool]]

QUIET: Final = 4  # modules of margin
DATA_BLOCKS: Final = {2: (1, 28), 3: (1, 44), 4: (2, 32), 5: (2, 43), 6: (4, 27)}  # at M: blocks, data words in each
MASKS: Final[tuple[Callable[[int, int], bool], ...]] = (
    lambda row, column: (row + column) % 2 == 0,
    lambda row, _: row % 2 == 0,
    lambda _, column: column % 3 == 0,
    lambda row, column: (row + column) % 3 == 0,
    lambda row, column: (row // 2 + column // 3) % 2 == 0,
    lambda row, column: row * column % 2 + row * column % 3 == 0,
    lambda row, column: (row * column % 2 + row * column % 3) % 2 == 0,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2 == 0,
)


def read(picture: bytes) -> str:
    modules = _modules(picture)
    size = len(modules)
    version = (size - 17) // 4
    assert modules[8][:2] == [True, False], "correction level M"
    mask = MASKS[_number([modules[8][column] for column in (2, 3, 4)]) ^ 0b101]
    bits = [modules[row][column] != mask(row, column) for row, column in _places(size, version)]
    words = [_number(bits[start : start + 8]) for start in range(0, len(bits) - 7, 8)]
    blocks, length = DATA_BLOCKS[version]
    data = [words[place * blocks + block] for block in range(blocks) for place in range(length)]
    stream = [bool(word >> shift & 1) for word in data for shift in range(7, -1, -1)]
    assert _number(stream[:4]) == 0b0100, "byte mode"
    count = _number(stream[4:12])
    return bytes(_number(stream[start : start + 8]) for start in range(12, 12 + 8 * count, 8)).decode()


def _modules(picture: bytes) -> Modules:
    image = Image.open(BytesIO(picture)).convert("L")
    edge = next(x for x in range(image.width) if image.getpixel((x, x)) == 0)  # the corner of the first finder pattern
    scale = edge // QUIET
    size = image.width // scale - 2 * QUIET
    middle = scale // 2

    def is_dark(row: int, column: int) -> bool:
        return image.getpixel((edge + column * scale + middle, edge + row * scale + middle)) == 0

    return [[is_dark(row, column) for column in range(size)] for row in range(size)]


def _places(size: int, version: int) -> Iterator[tuple[int, int]]:
    """Where data lies: pairs of columns from the right, up and down in turn, around what the code needs for itself."""
    aligned = 4 * version + 10  # centre of the one alignment pattern
    up = True
    for right in (*range(size - 1, 6, -2), *range(5, 0, -2)):
        for row in range(size - 1, -1, -1) if up else range(size):
            for column in (right, right - 1):
                is_finder = (row < 9 and (column < 9 or column >= size - 8)) or (row >= size - 8 and column < 9)
                is_alignment = abs(row - aligned) <= 2 and abs(column - aligned) <= 2
                if not (is_finder or is_alignment or row == 6 or column == 6):
                    yield row, column
        up = not up


def _number(bits: list[bool]) -> int:
    return int("".join("1" if bit else "0" for bit in bits), 2)
