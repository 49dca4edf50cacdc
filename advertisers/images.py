"""Uploaded images become plain pixels again: decoded by content, checked, and encoded anew.

What an image file can carry besides its pixels (EXIF with a place, a script after the last byte, another format's head)
does not survive. Hostile files are refused before their pixels are unpacked.
"""

import hashlib
import io
import struct
from typing import Final

from django.utils.translation import gettext_lazy as _
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps, ImageSequence

from advertisers.models import Image
from advertisers.models.creatives import FILE_EXTENSIONS
from network.errors import DomainError

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_SIDE: Final = 4000
MAX_FRAMES: Final = 150
ORIENTATION: Final = 0x0112
SIDEWAYS: Final = 5
MAX_ANIMATION_PIXELS: Final = 60_000_000
CONTENT_TYPES: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
EXTENSIONS: Final = FILE_EXTENSIONS
BROKEN: Final = (
    OSError, ValueError, SyntaxError, EOFError, struct.error, ArithmeticError, LookupError, TypeError, AttributeError,
    ImageCms.PyCMSError,
)  # fmt: skip
"""What Pillow's decoders are known to raise on bytes that only pretend to be an image."""


class ImageIsEmpty(DomainError):
    code = "image_is_empty"
    message = _("This file is empty.")


class ImageIsTooLarge(DomainError):
    code = "image_is_too_large"
    message = _("This image has more than 2 MB.")
    status = 413


class NotAnImage(DomainError):
    code = "not_an_image"
    message = _("This file is not a PNG, JPEG, GIF or WebP image that can be read.")


class ImageHasTooManyPixels(DomainError):
    code = "image_has_too_many_pixels"
    message = _("An image has at most 4000 × 4000 pixels.")


class AnimationIsTooLong(DomainError):
    code = "animation_is_too_long"
    message = _("This animation is too long: at most 150 frames.")


class AnimationNeedsAnotherFormat(DomainError):
    code = "animation_needs_another_format"
    message = _("Animations are accepted as GIF or WebP only.")


def read(data: bytes) -> Pillow.Image:
    """The image in these bytes, its head checked, its pixels not yet unpacked."""
    if not data:
        raise ImageIsEmpty
    if len(data) > MAX_BYTES:
        raise ImageIsTooLarge
    try:
        image = Pillow.open(io.BytesIO(data), formats=list(CONTENT_TYPES))
        frames = getattr(image, "n_frames", 1)
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        raise ImageHasTooManyPixels from None
    except BROKEN:
        raise NotAnImage from None
    if max(image.size) > MAX_SIDE:
        raise ImageHasTooManyPixels
    if frames > MAX_FRAMES or (frames > 1 and frames * image.width * image.height > MAX_ANIMATION_PIXELS):
        raise AnimationIsTooLong
    if frames > 1 and image.format == "PNG":
        raise AnimationNeedsAnotherFormat
    return image


def store(image: Pillow.Image) -> Image:
    """The row of this image's clean copy; the same picture is stored once."""
    try:
        data, content_type, size = _clean(image)
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        raise ImageHasTooManyPixels from None
    except BROKEN:
        raise NotAnImage from None
    if len(data) > 2 * MAX_BYTES:
        raise ImageIsTooLarge
    row, _made = Image.objects.get_or_create(
        sha256=hashlib.sha256(data).hexdigest(),
        defaults={"content_type": content_type, "width": size[0], "height": size[1], "data": data},
    )
    return row


def size(image: Pillow.Image) -> tuple[int, int]:
    """Width and height as seen, after turning a photo the way its EXIF says."""
    try:
        turned = image.getexif().get(ORIENTATION, 1) >= SIDEWAYS
    except BROKEN:  # a PNG's EXIF may stand behind its pixels, so they are read here
        raise NotAnImage from None
    return (image.height, image.width) if turned else image.size


def _clean(image: Pillow.Image) -> tuple[bytes, str, tuple[int, int]]:
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    out = io.BytesIO()
    if getattr(image, "n_frames", 1) > 1 and kind in {"GIF", "WEBP"}:
        return _clean_animation(image, kind)
    still = _plain(_in_srgb(ImageOps.exif_transpose(image)), kind)
    match kind:
        case "JPEG":
            still.save(out, "JPEG", quality=90, optimize=True)
        case "WEBP":
            still.save(out, "WEBP", quality=90)
        case _:
            still.save(out, kind, optimize=True)
    return out.getvalue(), CONTENT_TYPES[kind], still.size


def _clean_animation(image: Pillow.Image, kind: str) -> tuple[bytes, str, tuple[int, int]]:
    frames, durations = [], []
    for frame in ImageSequence.Iterator(image):
        frames.append(frame.convert("RGBA"))
        durations.append(max(20, int(frame.info.get("duration", 100))))
    out = io.BytesIO()
    loop = int(image.info.get("loop", 0 if kind == "WEBP" else 1))
    repeat = {} if kind == "GIF" and "loop" not in image.info else {"loop": loop}
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=durations, **repeat)
    return out.getvalue(), CONTENT_TYPES[kind], image.size


def _in_srgb(image: Pillow.Image) -> Pillow.Image:
    """Converted from its own colour profile, which is dropped, so that the colours stay as they were seen."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "CMYK"}:
        return image
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return converted if converted is not None else image


def _plain(image: Pillow.Image, kind: str) -> Pillow.Image:
    """Pixels (and transparency) alone, in a mode that the format can keep."""
    seen_through = "transparency" in image.info or image.mode in {"RGBA", "LA", "PA", "RGBa", "La"}
    mode = "RGBA" if seen_through and kind != "JPEG" else "RGB"
    if kind == "JPEG" and image.mode == "L":
        mode = "L"
    plain = image.convert(mode)
    plain.info = {}
    return plain
