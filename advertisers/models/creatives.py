from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from advertisers.models.campaigns import Campaign
from network.ids import public_id
from network.models import Organization

FILE_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


class CreativeKind(models.TextChoices):
    BANNER = "banner", _("Banner")
    TEXT = "text", _("Text link")
    NATIVE = "native", _("Native ad")
    EMAIL = "email", _("E-mail")


class Image(models.Model):
    """A re-encoded raster image, addressed by the SHA-256 of its bytes. In PostgreSQL, so that machines share no disk."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    data = models.BinaryField()

    def __str__(self) -> str:
        return self.sha256

    @property
    def size(self) -> str:
        return f"{self.width}×{self.height}"

    @property
    def path(self) -> str:
        """Where it is shown, on this site's origin; the same bytes for ever."""
        return reverse("advertisers:creative-image", args=[self.sha256, self.extension])

    @property
    def extension(self) -> str:
        return FILE_EXTENSIONS[self.content_type]


class Creative(models.Model):
    """What publishers show. A native ad has its headline in `title`, with `text`, `brand` and an image.

    An e-mail is `title` (its subject), `preview` and `html`, with the macros of `advertisers.letters`.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="creatives")
    kind = models.CharField(_("kind"), max_length=8, choices=CreativeKind.choices)
    name = models.CharField(_("name"), max_length=120)
    text = models.CharField(_("link text"), max_length=200, blank=True)
    image = models.ForeignKey(Image, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=150, blank=True)
    brand = models.CharField(_("brand"), max_length=40, blank=True)
    preview = models.CharField(_("preview text"), max_length=150, blank=True)
    html = models.TextField(_("HTML"), blank=True)
    landing_url = models.URLField(_("landing page"), max_length=2000, blank=True)
    weight = models.PositiveSmallIntegerField(
        _("weight"), default=1, help_text="share where creatives take turns; 0: none"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="banner", image__isnull=False)
                | (Q(kind="text") & ~Q(text=""))
                | (Q(kind="native", image__isnull=False) & ~Q(title="") & ~Q(brand=""))
                | (Q(kind="email") & ~Q(title="") & ~Q(html="")),
                name="creative_has_its_content",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def organization(self) -> Organization:
        return self.campaign.advertiser
