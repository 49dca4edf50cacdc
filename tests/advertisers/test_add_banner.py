import io

import pytest
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from advertisers import campaigns, creatives, images
from advertisers.errors import CampaignEnded
from advertisers.models import Campaign, Creative, Image
from network.errors import DomainError
from network.models import AuditEntry
from tests.advertisers.pictures import FORMATS, animation, bomb, picture
from tests.cast import Member

CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
GPS = 0x8825


def add(campaign: Campaign, ada: Member, data: bytes) -> Creative:
    return creatives.add_banner(campaign, name="", data=data, by=ada.actor)


def stored(creative: Creative) -> Pillow.Image:
    assert creative.image is not None
    return Pillow.open(io.BytesIO(bytes(Image.objects.get(pk=creative.image.pk).data)))


@pytest.mark.parametrize("kind", FORMATS)
def test_it_keeps_a_banner_of_each_format(campaign: Campaign, ada: Member, kind: str) -> None:
    creative = add(campaign, ada, picture(kind=kind))
    assert creative.image is not None
    assert (creative.image.width, creative.image.height) == (300, 250)
    assert creative.image.content_type == CONTENT_TYPES[kind]
    assert stored(creative).format == kind
    assert (creative.kind, creative.name, creative.text) == ("banner", "300×250", "")
    assert AuditEntry.objects.get(action="creative.added").subject == ada.organization


@pytest.mark.parametrize("size", creatives.SIZES)
def test_it_accepts_each_standard_size(campaign: Campaign, ada: Member, size: tuple[int, int]) -> None:
    assert add(campaign, ada, picture(*size)).image is not None


@pytest.mark.parametrize("size", [(299, 250), (300, 251), (1, 1), (250, 300)])
def test_it_names_the_sizes_when_one_is_unusual(campaign: Campaign, ada: Member, size: tuple[int, int]) -> None:
    with pytest.raises(creatives.UnusualSize) as raised:
        add(campaign, ada, picture(*size))
    assert f"{size[0]}×{size[1]}" in str(raised.value)
    assert "300×250, 728×90, 160×600" in str(raised.value)
    assert not Image.objects.exists()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "1"])
def test_it_reads_each_kind_of_pixels(campaign: Campaign, ada: Member, mode: str) -> None:
    out = io.BytesIO()
    Pillow.new(mode, (300, 250)).save(out, "PNG")
    expected = "RGBA" if "A" in mode else "RGB"
    assert stored(add(campaign, ada, out.getvalue())).mode == expected


def test_it_turns_cmyk_into_rgb(campaign: Campaign, ada: Member) -> None:
    out = io.BytesIO()
    Pillow.new("CMYK", (300, 250)).save(out, "JPEG")
    assert stored(add(campaign, ada, out.getvalue())).mode == "RGB"


def test_it_stores_the_same_picture_once(campaign: Campaign, ada: Member) -> None:
    first, second = add(campaign, ada, picture()), add(campaign, ada, picture())
    assert first.image == second.image
    assert first.public_id != second.public_id
    assert Image.objects.count() == 1


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_it_keeps_animations_moving(campaign: Campaign, ada: Member, kind: str) -> None:
    kept = stored(add(campaign, ada, animation(kind, frames=3, loop=0)))
    assert getattr(kept, "n_frames", 1) == 3
    kept.load()
    assert kept.info["duration"] == 120
    assert kept.info.get("loop", 0) == 0


def test_it_wants_animations_as_gif_or_webp(campaign: Campaign, ada: Member) -> None:
    with pytest.raises(images.AnimationNeedsAnotherFormat):
        add(campaign, ada, animation("PNG"))
    assert not Creative.objects.exists()


def test_it_refuses_an_animation_that_is_too_long(campaign: Campaign, ada: Member) -> None:
    with pytest.raises(images.AnimationIsTooLong):
        add(campaign, ada, animation("GIF", frames=151, width=320, height=50))


def test_it_removes_where_a_photo_was_taken(campaign: Campaign, ada: Member) -> None:
    exif = Pillow.Exif()
    exif[GPS] = {1: "N", 2: (35.0, 41.0, 21.0), 3: "E", 4: (51.0, 23.0, 20.0)}
    exif[0x010F] = "Camera of Ada"
    data = picture(kind="JPEG", exif=exif)
    assert b"Camera of Ada" in data
    creative = add(campaign, ada, data)
    kept = stored(creative)
    assert not kept.getexif()
    assert b"Camera of Ada" not in bytes(Image.objects.get().data)
    assert b"Exif" not in bytes(Image.objects.get().data)


def test_it_turns_a_photo_the_way_it_was_held(campaign: Campaign, ada: Member) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    creative = add(campaign, ada, picture(250, 300, kind="JPEG", exif=exif))
    assert creative.image is not None
    assert (creative.image.width, creative.image.height) == stored(creative).size == (300, 250)


@pytest.mark.parametrize(
    "texts", [{"Comment": "<script>alert(1)</script>"}, {"Software": "<?php system($_GET[0]); ?>"}]
)
def test_it_removes_texts_inside_the_file(campaign: Campaign, ada: Member, texts: dict[str, str]) -> None:
    info = PngInfo()
    for name, value in texts.items():
        info.add_text(name, value)
    data = picture(pnginfo=info)
    assert next(iter(texts.values())).encode() in data
    add(campaign, ada, data)
    assert next(iter(texts.values())).encode() not in bytes(Image.objects.get().data)


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04 a zip", b"<?php phpinfo();"])
@pytest.mark.parametrize("kind", FORMATS)
def test_it_cuts_off_what_follows_the_picture(campaign: Campaign, ada: Member, kind: str, tail: bytes) -> None:
    add(campaign, ada, picture(kind=kind) + tail)
    assert tail not in bytes(Image.objects.get().data)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="250"><script>alert(1)</script></svg>'
HOSTILE: list[tuple[str, bytes, type[DomainError]]] = [
    ("nothing", b"", images.ImageIsEmpty),
    ("an SVG", SVG, images.NotAnImage),
    ("HTML", b"<html><body><script>alert(1)</script></body></html>", images.NotAnImage),
    ("a GIF only by its first bytes", b"GIF89a/*" + b"*/=1;alert(1)//", images.NotAnImage),
    ("a PNG only by its first bytes", b"\x89PNG\r\n\x1a\n" + b"<script>", images.NotAnImage),
    ("half a JPEG", picture(kind="JPEG")[:400], images.NotAnImage),
    ("half a PNG", picture()[:60], images.NotAnImage),
    ("half a WebP", picture(kind="WEBP")[:40], images.NotAnImage),
    ("a BMP", picture(kind="BMP"), images.NotAnImage),
    ("a TIFF", picture(kind="TIFF"), images.NotAnImage),
    ("a PDF", picture(kind="PDF"), images.NotAnImage),
    ("an icon", picture(64, 64, kind="ICO"), images.NotAnImage),
    ("a huge PNG", bomb(50_000, 50_000), images.ImageHasTooManyPixels),
    ("a large PNG", bomb(10_000, 10_000), images.ImageHasTooManyPixels),
    ("a long PNG", bomb(4_001, 1), images.ImageHasTooManyPixels),
    ("a PNG without its pixels", bomb(300, 250), images.NotAnImage),
    ("more than two megabytes", picture() + b"\0" * 2_097_152, images.ImageIsTooLarge),
]


@pytest.mark.parametrize(("data", "error"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_it_refuses_what_is_no_clean_picture(
    campaign: Campaign, ada: Member, data: bytes, error: type[DomainError]
) -> None:
    with pytest.raises(error) as raised:
        add(campaign, ada, data)
    assert type(raised.value) is error
    assert not Creative.objects.exists()
    assert not Image.objects.exists()


def test_it_survives_pictures_with_broken_bytes(campaign: Campaign, ada: Member) -> None:
    """Whatever byte is wrong, the answer is a banner or a named refusal."""
    for kind in FORMATS:
        data = bytearray(picture(kind=kind))
        for place in range(0, len(data), max(1, len(data) // 60)):
            broken = bytearray(data)
            broken[place] ^= 0xFF
            try:
                add(campaign, ada, bytes(broken))
            except DomainError:
                continue


def test_it_adds_nothing_to_a_campaign_that_ended(campaign: Campaign, ada: Member) -> None:
    campaigns.end(campaign, by=ada.actor)
    with pytest.raises(CampaignEnded):
        add(campaign, ada, picture())
    with pytest.raises(CampaignEnded):
        creatives.add_text(campaign, name="", text="Shoes", by=ada.actor)
    assert not Creative.objects.exists()
