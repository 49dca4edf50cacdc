"""Images for tests, honest and hostile."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

FORMATS = ["PNG", "JPEG", "GIF", "WEBP"]


def picture(width: int = 300, height: int = 250, kind: str = "PNG", mode: str = "RGB", **save: Any) -> bytes:
    out = io.BytesIO()
    image = Image.new(mode, (width, height))
    image.paste(image.getcolors()[0][1] if mode == "P" else 128 if mode == "L" else (10, 120, 110), (0, 0, 80, 80))  # type: ignore[index]
    image.save(out, kind, **save)
    return out.getvalue()


def animation(kind: str, frames: int = 3, width: int = 300, height: int = 250, **save: Any) -> bytes:
    out = io.BytesIO()
    pictures = [Image.new("RGB", (width, height), (20 * number % 256, 90, 200)) for number in range(frames)]
    pictures[0].save(out, kind, save_all=True, append_images=pictures[1:], duration=120, **save)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is this large, and has next to no data."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
