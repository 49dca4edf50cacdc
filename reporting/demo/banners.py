"""Draws the demo campaigns' banners: two colours, the advertiser's name and a slogan, in any standard size."""

import io
from pathlib import Path
from typing import Final

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont, features

FONT: Final = Path("static/vendor/vazirmatn/vazirmatn.woff2")
SIZES: Final = ((300, 250), (728, 90), (320, 100), (160, 600))


def draw(size: tuple[int, int], colours: tuple[str, str], name: str, slogan: str) -> bytes:
    """PNG bytes. Where Pillow cannot shape Persian, a banner shows its colours and Latin text only."""
    dark, light = colours
    width, height = size
    image = Image.new("RGB", size, dark)
    pen = ImageDraw.Draw(image)
    radius = max(size) * 0.45
    pen.ellipse((width - radius, height - radius, width + radius, height + radius), fill=_blend(dark, light, 0.14))
    pen.ellipse((-radius * 0.7, -radius * 0.7, radius * 0.5, radius * 0.5), fill=_blend(dark, light, 0.07))
    shaped = features.check("raqm") and features.check("fribidi")
    lines = [(text, weight) for text, weight in ((slogan, 800), (name, 500)) if shaped or text.isascii()]
    is_flat = width > height * 2
    sizes = [min(height * 0.34, width / 16), min(height * 0.2, width / 26)] if is_flat else [width / 10, width / 16]
    top = height / 2 - sum(sizes) * 0.75
    for (text, weight), letter in zip(lines, sizes, strict=False):
        font = ImageFont.truetype(str(settings.BASE_DIR / FONT), max(10, round(letter)))
        font.set_variation_by_axes([weight])
        for part in _wrapped(pen, text, font, width * 0.84):
            pen.text((width / 2, top), part, font=font, fill=light, anchor="ma")
            top += letter * 1.5
    encoded = io.BytesIO()
    image.save(encoded, "PNG", optimize=True)
    return encoded.getvalue()


def _wrapped(pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and pen.textlength(longer, font=font) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _blend(dark: str, light: str, share: float) -> tuple[int, int, int]:
    red, green, blue = (
        round(a + (b - a) * share)
        for a, b in zip(bytes.fromhex(dark.removeprefix("#")), bytes.fromhex(light.removeprefix("#")), strict=True)
    )
    return red, green, blue
