"""What ingest remembers about the streams of Redis: how far each was read, and what in it could not be stored."""

from django.db import models


class StreamPosition(models.Model):
    """How far one shard of the stream is in PostgreSQL. It moves in the database transaction that stores what was read, and
    only from the position that its reader knows: so each entry is stored once, whoever believes to hold the shard.

    `epoch` names the Redis that the position belongs to. `holder` reads the shard until `held_until`; `wanted_by` is a
    process with less to do that asks for it.
    """

    stream = models.CharField(max_length=100, primary_key=True)
    epoch = models.CharField(max_length=32, blank=True)
    position = models.CharField(max_length=48, default="0-0")
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True)
    wanted_by = models.CharField(max_length=120, blank=True)
    moved_at = models.DateTimeField(null=True)
    events = models.BigIntegerField(default=0, help_text="stored from here so far")

    class Meta:
        db_table = "tracking_stream_position"

    def __str__(self) -> str:
        return f"{self.stream} {self.position}"


class DeadLetter(models.Model):
    """An event that cannot be stored as it is; `reason` is a stable code. It waits here to be looked at and sent again."""

    stream = models.CharField(max_length=100)
    entry = models.CharField(max_length=48, help_text="its id in the stream")
    event = models.BinaryField()
    reason = models.CharField(max_length=40)
    buried_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.stream} {self.entry} {self.reason}"
