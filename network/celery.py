import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")

app = Celery("peyvand")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    # A run takes all that waits; the runs that queue up behind a long one would find nothing and are dropped.
    "settle-conversions": {"task": "payouts.tasks.settle_conversions", "schedule": 1.0, "options": {"expires": 5}},
    "settle-days": {"task": "payouts.tasks.settle_days", "schedule": 5.0, "options": {"expires": 25}},
    "send-postbacks": {"task": "payouts.tasks.send_postbacks", "schedule": 1.0, "options": {"expires": 3}},
    "forget-postbacks": {"task": "payouts.tasks.forget_postbacks", "schedule": 86400.0},
    "approve-due": {"task": "payouts.tasks.approve_due", "schedule": 60.0, "options": {"expires": 300}},
    "watch-caps": {"task": "tracking.tasks.watch_caps", "schedule": 30.0, "options": {"expires": 60}},
    "collect-converted": {"task": "tracking.tasks.collect_converted", "schedule": 5.0, "options": {"expires": 10}},
    "forget-converted": {"task": "tracking.tasks.forget_converted", "schedule": 86400.0},
    "work-on-files": {"task": "tracking.tasks.work_on_files", "schedule": 2.0, "options": {"expires": 5}},
    "connect-foreign-ids": {"task": "tracking.tasks.connect_foreign_ids", "schedule": 600.0},
    "judge-partnerships": {
        "task": "tracking.tasks.judge_partnerships",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "forget-quality-facts": {"task": "tracking.tasks.forget_quality_facts", "schedule": 86400.0},
    "recompute-quality": {"task": "payouts.tasks.recompute_quality", "schedule": 5.0, "options": {"expires": 10}},
    "forget-old-data": {"task": "tracking.tasks.forget_old_data", "schedule": 6 * 3600.0},
    "erase": {"task": "tracking.tasks.erase", "schedule": 60.0, "options": {"expires": 55}},
    "forget-erased": {"task": "payouts.tasks.forget_erased", "schedule": 60.0, "options": {"expires": 55}},
    "score-smart-links": {"task": "reporting.tasks.score_smart_links", "schedule": 60.0, "options": {"expires": 50}},
    "create-partitions": {"task": "tracking.tasks.create_partitions", "schedule": 3600.0},
}


@setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Celery would replace the logging that the settings define."""
