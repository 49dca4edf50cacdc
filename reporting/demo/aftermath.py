"""What follows from the history: accrual and approval by the jobs themselves, and a few decisions that people made."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from network.money import Money
from payouts import bonuses, commissions, deliveries, tasks
from payouts.models import Commission, CommissionStatus
from payouts.models.reasons import Reason
from publishers import postbacks
from publishers.models import PostbackEvent
from reporting import smart_scores
from reporting.demo.world import World
from tracking.models import CaseStatus, Conversion, DailyCount, QualityCase
from tracking.quality import cases, statistics
from tracking.quality.rules import Category

REASONS = (Reason.ORDER_CANCELLED, Reason.DUPLICATE_ORDER, Reason.BREACH_OF_TERMS)


def accrue(progress: Callable[[str], None]) -> None:
    """Runs the money jobs until nothing waits any more."""
    for job, waiting in (
        (tasks.settle_conversions, Conversion.objects.filter(needs_settling=True)),
        (tasks.settle_days, DailyCount.objects.filter(needs_settling=True)),
        (tasks.approve_due, None),
    ):
        left = None
        while waiting is not None and (count := waiting.count()) and count != left:
            left = count
            job()
        if waiting is None:
            job()
        progress(job.__name__.replace("_", " "))


def play(world: World, *, seed: int = 11) -> None:
    """Some conversions declined by hand, a bonus for the best partner of the first campaign, and what quality found."""
    random = Random(seed)  # noqa: S311  a dice, not a secret
    _hear(world)
    pending = Commission.objects.filter(status=CommissionStatus.PENDING, conversion__isnull=False).order_by("pk")
    for commission in random.sample(list(pending), k=min(9, len(pending))):
        advertiser = next(one for one in world.members.values() if one.organization == commission.advertiser)
        commissions.decline(commission, reason=random.choice(REASONS), by=advertiser.actor)
    partnership = next(iter(world.partnerships.values()))
    bonuses.give(
        partnership,
        amount=Money(15_000, partnership.campaign.currency),
        reason="First fifty sales of the season",
        key=uuid4(),
        by=world.owner_of(partnership.campaign).actor,
    )
    _review(world)
    smart_scores.update()


def _hear(world: World) -> None:
    """A publisher's tracker hears of the last day and of what is decided from now on. The edge of this machine plays it."""
    trail = world.members["trail"]
    values = "cid={aff_click_id}&sub={sub1}&payout={payout}&event={event}&status={status:lead=1 sale=2 rejected=3}"
    postbacks.save(
        publisher=trail.organization,
        url=f"{settings.TRACKING_URL}/health/live?{values.replace(' ', '%20')}",
        method="GET",
        events=list(PostbackEvent.values),
        by=trail.actor,
    )
    recent = timezone.now() - timedelta(days=1)
    told = Commission.objects.filter(publisher=trail.organization, conversion__occurred_at__gte=recent)
    for commission in told.select_related("conversion").order_by("conversion__occurred_at"):
        deliveries.note(commission, PostbackEvent.RECORDED)


def _review(world: World) -> None:
    """Throwaway mails were declined; the robots' publisher has something to say about its case."""
    statistics.run()
    mails = QualityCase.objects.filter(rule="R27", status=CaseStatus.OPEN).order_by("pk").first()
    if mails:
        cases.decline(mails, category=Category.IDENTITY, note="Throwaway addresses.", by=world.network.actor)
    robots = QualityCase.objects.filter(
        rule="R1", status=CaseStatus.OPEN, partnership=world.partnerships["gheymat", "insurance"]
    ).first()
    if robots:
        text = (
            "این بازدیدها از یک تأمین‌کننده بود که همکاری‌مان را با او تمام کرده‌ایم. لطفاً استعلام‌های واقعی را حساب کنید."
        )
        cases.appeal(robots, text=text, by=world.members["gheymat"].actor)
    tasks.settle_conversions()
