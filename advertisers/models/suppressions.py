from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from advertisers.models.campaigns import Campaign
from network.models import Organization


class SuppressionSource(models.TextChoices):
    UPLOAD = "upload", _("Uploaded")
    UNSUBSCRIBE = "unsubscribe", _("Unsubscribed")


class Suppression(models.Model):
    """Somebody who wants no more mail about an advertiser. No address is kept, only its hashes.

    `sha256` and `md5` are of the trimmed address in lower case, in hexadecimal; a list that came hashed has one of them.
    A recipient whom the publisher's link named by a label of its own is known by that label, among its recipients only.
    Written by actions, and by the edge when somebody unsubscribes.
    """

    advertiser = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True)
    md5 = models.CharField(max_length=32, blank=True)
    publisher = models.ForeignKey(Organization, null=True, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=256, blank=True)
    source = models.CharField(max_length=11, choices=SuppressionSource.choices)
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["advertiser", "sha256"], condition=~Q(sha256=""), name="suppressed_sha256"),
            models.UniqueConstraint(
                fields=["advertiser", "md5"], condition=~Q(md5="") & Q(sha256=""), name="suppressed_md5"
            ),
            models.UniqueConstraint(
                fields=["advertiser", "publisher", "label"], condition=~Q(label=""), name="suppressed_label"
            ),
            models.CheckConstraint(
                condition=(~Q(sha256="") | ~Q(md5="")) & Q(label="")
                | Q(sha256="", md5="", publisher__isnull=False) & ~Q(label=""),
                name="suppression_names_somebody",
            ),
            models.CheckConstraint(condition=Q(source__in=SuppressionSource.values), name="suppression_source"),
        ]

    def __str__(self) -> str:
        return self.label or f"{self.sha256 or self.md5}"[:12]
