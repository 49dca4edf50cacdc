from django.db import models

from advertisers.models import Cap


class CapUse(models.Model):
    """How much of a cap is used up in one period, half-open in UTC. Never more than the limit where the cap is hard.

    Of a cap on conversions, `used` are those that were counted. Of one on clicks it is what was handed out to the edges,
    which spend it visitor by visitor (`tracking.edge.caps`); `bound` is the limit under which that was done.
    """

    cap = models.ForeignKey(Cap, on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used = models.BigIntegerField(default=0)
    bound = models.BigIntegerField(default=0)
    alerted = models.PositiveSmallIntegerField(default=0, help_text="percent of which people were told last")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cap", "starts_at"], name="cap_use_once"),
            models.CheckConstraint(condition=models.Q(used__gte=0), name="cap_use_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.cap} {self.starts_at}"


class CapTaken(models.Model):
    """A conversion that was counted in a cap."""

    conversion_id = models.UUIDField(db_index=True)
    use = models.ForeignKey(CapUse, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversion_id", "use"], name="cap_taken_once")]

    def __str__(self) -> str:
        return str(self.conversion_id)


class ConvertedVisitor(models.Model):
    """Who bought already, for campaigns that want new visitors only. `key` is "campaign:visitor", as the edges know it."""

    key = models.CharField(max_length=45, primary_key=True)
    campaign_id = models.BigIntegerField()
    visitor = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
