from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TrackingConfig(AppConfig):
    name = "tracking"
    verbose_name = "Tracking"

    def ready(self) -> None:
        from tracking import tasks  # noqa: F401  binds the tasks to our Celery app

        post_migrate.connect(create_first_partitions, sender=self)


def create_first_partitions(**options: Any) -> None:
    """A fresh installation counts from its first minute. Not when the tables were just migrated away."""
    from tracking import partitions
    from tracking.models import Click

    if partitions.exists(Click._meta.db_table):
        partitions.ensure()
