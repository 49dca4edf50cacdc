"""Files of rows that people hand in: conversions to report, and the history of another system."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, Scope, System, advertisers_of
from network.ids import public_id
from network.models import Kind, Organization, User
from tracking.models.conversions import Conversion


class FileKind(models.TextChoices):
    UPLOAD = "upload", _("Conversions to report")
    CLICKS = "clicks", _("Clicks of another system")
    CONVERSIONS = "conversions", _("Conversions of another system")


class FileStatus(models.TextChoices):
    CHECKING = "checking", _("Being checked")
    READY = "ready", _("Ready to apply")
    RUNNING = "running", _("Being applied")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class FileJobQuerySet(models.QuerySet["FileJob"]):
    def visible_to(self, organization: Organization) -> Self:
        """The network's all; else those into campaigns that it runs, and the imports that it handed in itself."""
        if organization.kind == Kind.NETWORK:
            return self
        runs = advertisers_of(organization, Scope.CONVERSIONS)
        return self.filter(Q(campaign__advertiser__in=runs) | Q(campaign=None, organization=organization))


class FileJob(models.Model):
    """One file on its way. `position` is the byte after the last row that was taken, `row` its number; both move in the
    database transaction of the rows. The text is UTF-8 in `chunks`, or in the file at `path` on the machine of a command.

    `mapping` says which column is which of our fields: {"order_id": 0, …}. `counts` are rows by outcome; while checking,
    what would become of them. `totals` are amounts by currency, in minor units.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    organization = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=FileKind.choices)
    system = models.CharField(max_length=12, choices=System.choices, blank=True)
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=1000, blank=True)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField(default=0)
    encoding = models.CharField(max_length=20, default="utf-8")
    delimiter = models.CharField(max_length=1, blank=True, help_text="empty: one JSON object a line")
    header = ArrayField(models.CharField(max_length=200), default=list)
    mapping = models.JSONField(default=dict)
    time_zone = models.CharField(max_length=60, default="UTC")
    status = models.CharField(max_length=10, choices=FileStatus.choices, default=FileStatus.CHECKING)
    position = models.BigIntegerField(default=0)
    row = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    totals = models.JSONField(default=dict)
    error = models.CharField(max_length=300, blank=True)
    claimed_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects = FileJobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["claimed_until"], condition=Q(status__in=["checking", "running"]), name="file_to_do"),
            models.Index(fields=["campaign", "-id"], name="file_of_campaign"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=FileKind.values), name="file_kind"),
            models.CheckConstraint(condition=Q(status__in=FileStatus.values), name="file_status"),
            models.CheckConstraint(
                condition=(Q(kind="upload") & Q(campaign__isnull=False)) | (~Q(kind="upload") & ~Q(system="")),
                name="file_is_of_a_campaign_or_a_system",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def percent(self) -> int:
        return min(100, self.position * 100 // self.size) if self.size else 0

    @property
    def is_busy(self) -> bool:
        return self.status in {FileStatus.CHECKING, FileStatus.RUNNING}


class FileChunk(models.Model):
    """A piece of the file's text in UTF-8. Gone once the job has ended."""

    job = models.ForeignKey(FileJob, on_delete=models.CASCADE, related_name="chunks")
    start = models.BigIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "start"], name="file_chunk_once")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.start}"


class FileRow(models.Model):
    """What became of a row: of an upload each, of an import those that were not taken, up to a number."""

    job = models.ForeignKey(FileJob, on_delete=models.CASCADE, related_name="rows")
    number = models.BigIntegerField()
    outcome = models.CharField(max_length=10)
    code = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=300, blank=True)
    label = models.CharField(max_length=130, blank=True, help_text="order number or click id, to find it again")
    report_id = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="file_row_once")]
        indexes = [models.Index(fields=["job", "outcome", "number"], name="file_rows_by_outcome")]

    def __str__(self) -> str:
        return f"{self.number} {self.outcome}"


class ImportedConversion(models.Model):
    """A conversion of another system. What it was worth there is history: it is in no account of this network."""

    conversion = models.OneToOneField(Conversion, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(FileJob, on_delete=models.PROTECT, related_name="+")
    system = models.CharField(max_length=12, choices=System.choices)
    external_id = models.CharField(max_length=128)
    status = models.CharField(max_length=10)
    commission = models.BigIntegerField(default=0, help_text="minor units of the conversion's currency")

    def __str__(self) -> str:
        return f"{self.system} {self.external_id}"
