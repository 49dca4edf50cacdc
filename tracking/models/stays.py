"""What the advertiser's pages tell of a click: that its visitor arrived, and how long she saw them (`tag.js`)."""

from typing import Final

from django.db import models


class Stay(models.Model):
    """One click's. Partitioned by day (UTC of the click) and written by ingest, as clicks are."""

    pk = models.CompositePrimaryKey("campaign_id", "at", "nonce")
    campaign_id = models.BigIntegerField()
    at = models.DateTimeField(help_text="of the click")
    nonce = models.BigIntegerField()
    partnership_id = models.BigIntegerField()
    stayed_ms = models.IntegerField(null=True, help_text="null: she arrived, and has not been seen leaving")

    class Meta:
        managed = False
        db_table = "tracking_stay"

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.at} {self.nonce}"


class DailyStays(models.Model):
    """How many of a partnership's clicks of a day arrived, were seen leaving, and left within SHORT_MS."""

    SHORT_MS: Final = 2_000

    pk = models.CompositePrimaryKey("partnership_id", "day")
    partnership_id = models.BigIntegerField()
    day = models.DateField(help_text="in the campaign's time zone")
    arrived = models.BigIntegerField(default=0)
    left = models.BigIntegerField(default=0)
    short = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.partnership_id} {self.day}"
