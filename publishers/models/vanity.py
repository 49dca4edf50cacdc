from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from network.ids import public_id
from network.models import Organization
from publishers.models.links import TrackingLink


class VanityNameQuerySet(models.QuerySet["VanityName"]):
    def of(self, publisher: Organization) -> Self:
        return self.filter(publisher=publisher, released_at=None)


class VanityName(models.Model):
    """A publisher's short name on the tracking host: `/@name` shows its links, `/@name/<slug>` leads to one of them.

    Lower case ASCII, once in the network for ever: a released name goes to nobody else, since old posts still show it.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    publisher = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=30, unique=True)
    title = models.CharField(_("title"), max_length=60, blank=True)
    about = models.CharField(_("about you"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    released_at = models.DateTimeField(null=True)

    objects = VanityNameQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(name__regex=r"^[a-z0-9][a-z0-9_.]{1,28}[a-z0-9]$"), name="vanity_name")
        ]

    def __str__(self) -> str:
        return f"@{self.name}"

    @property
    def organization(self) -> Organization:
        return self.publisher


class VanityLink(models.Model):
    """`/@name/<slug>`: one link of the name's publisher. `label` is what the link page shows."""

    vanity = models.ForeignKey(VanityName, on_delete=models.CASCADE, related_name="links")
    slug = models.CharField(_("short name"), max_length=40)
    link = models.ForeignKey(TrackingLink, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(_("label"), max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vanity", "slug"], name="vanity_slug_once"),
            models.UniqueConstraint(fields=["vanity", "link"], name="vanity_link_once"),
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"), name="vanity_slug"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vanity}/{self.slug}"

    @property
    def organization(self) -> Organization:
        return self.vanity.publisher
