"""Requests of people to be forgotten."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from network.ids import public_id
from network.models import User
from tracking.models.conversions import Conversion


class ErasedBy(models.TextChoices):
    """By what somebody's traces are found."""

    CLICK = "click", _("Click id")
    ORDER = "order", _("Order id")
    ADDRESS = "address", _("IP address")
    RECIPIENT = "recipient", _("Recipient of an e-mail")


class ErasureRequest(models.Model):
    """What was blanked for one request, as numbers of rows. `value` says whom it is about and goes itself when the work is
    done; `hint` is what staff may still see of it."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=10, choices=ErasedBy.choices)
    value = models.CharField(max_length=256, blank=True)
    hint = models.CharField(max_length=40)
    requested_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    clicks = models.PositiveIntegerField(default=0)
    impressions = models.PositiveIntegerField(default=0)
    reports = models.PositiveIntegerField(default=0)
    conversions = models.PositiveIntegerField(default=0)
    letters = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["-requested_at"], name="erasure_latest")]

    def __str__(self) -> str:
        return self.hint


class ErasedConversion(models.Model):
    """A conversion whose person is forgotten here, and not yet where it was told to others: who keeps copies blanks them and
    removes the row."""

    conversion = models.OneToOneField(Conversion, primary_key=True, on_delete=models.CASCADE, related_name="+")
    erased_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)
