from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from advertisers.models import Campaign, Creative, Image
from tests.advertisers.pictures import picture
from tests.advertisers.test_campaign_pages import page, signed_in
from tests.cast import Member


def url(name: str, campaign: Campaign) -> str:
    return reverse(f"advertisers:{name}", args=[campaign.public_id])


def test_it_uploads_several_banners_at_once(client: Client, campaign: Campaign, ada: Member) -> None:
    files = [
        SimpleUploadedFile("autumn.png", picture()),
        SimpleUploadedFile("wide.jpg", picture(728, 90, kind="JPEG")),
    ]
    response = signed_in(client, ada).post(url("banner-create", campaign), {"images": files})
    assert response.status_code == 302
    assert sorted(Creative.objects.values_list("name", flat=True)) == ["autumn", "wide"]
    image = Image.objects.get(width=300)
    assert image.path in page(client.get(url("campaign-creatives", campaign)))


def test_it_says_which_file_was_refused_and_why(client: Client, campaign: Campaign, ada: Member) -> None:
    files = [
        SimpleUploadedFile("good.png", picture()),
        SimpleUploadedFile("evil.png", b"<svg/>", content_type="image/png"),
        SimpleUploadedFile("odd.png", picture(301, 250)),
    ]
    response = signed_in(client, ada, "fa").post(url("banner-create", campaign), {"images": files})
    assert response.status_code == 422
    errors = response.context["banner_form"].errors["images"]
    assert errors[0] == "evil.png: این فایل تصویر PNG، JPEG، GIF یا WebP خوانایی نیست."
    assert errors[1].startswith(
        "odd.png: اندازهٔ این تصویر \N{LEFT-TO-RIGHT ISOLATE}۳۰۱×۲۵۰\N{POP DIRECTIONAL ISOLATE} است."
    )
    assert [creative.name for creative in Creative.objects.all()] == ["good"]


def test_it_reads_no_file_that_is_too_large(client: Client, campaign: Campaign, ada: Member) -> None:
    file = SimpleUploadedFile("large.png", picture() + b"\0" * 3_000_000)
    response = signed_in(client, ada).post(url("banner-create", campaign), {"images": [file]})
    assert response.context["banner_form"].errors["images"] == ["large.png: This image has more than 2 MB."]
    assert not Creative.objects.exists()


def test_it_wants_a_file(client: Client, campaign: Campaign, ada: Member) -> None:
    response = signed_in(client, ada).post(url("banner-create", campaign), {})
    assert list(response.context["banner_form"].errors) == ["images"]
    empty = SimpleUploadedFile("empty.png", b"")
    response = client.post(url("banner-create", campaign), {"images": [empty]})
    assert response.context["banner_form"].errors["images"] == ["empty.png: This file is empty."]


def test_it_adds_and_retires_a_text_link(client: Client, campaign: Campaign, ada: Member) -> None:
    signed_in(client, ada).post(url("text-create", campaign), {"text": "Shoes & more"})
    creative = Creative.objects.get()
    assert "Shoes &amp; more" in page(client.get(url("campaign-creatives", campaign)))
    client.post(reverse("advertisers:creative-retire", args=[creative.public_id]))
    creative.refresh_from_db()
    assert creative.retired_at is not None


def test_it_wants_a_text_and_a_sound_address(client: Client, campaign: Campaign, ada: Member) -> None:
    fields = {"text": "", "landing_url": "ftp://x.example"}
    response = signed_in(client, ada).post(url("text-create", campaign), fields)
    assert sorted(response.context["text_form"].errors) == ["landing_url", "text"]
    assert not Creative.objects.exists()
