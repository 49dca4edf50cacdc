"""What a row's `obj` names: for each name a function that gives the url's arguments for an own or a stranger's object.

    @once
    def campaign(circle: Circle) -> Campaign:
        return campaigns.create(circle.advertiser.organization, …, by=circle.advertiser.actor)

    OBJECTS["campaign"] = lambda circle, acting: {"public_id": campaign(circle).public_id}

`circle` is either the near one (Ada, Otto with her mandate, Pia) or the far one (Mallory, Olga with Mallory's mandate,
Petra). `acting` is the organization of that circle that opens the page: use it where everybody has own objects (keys,
members); use `circle.advertiser` or `circle.publisher` where the object has one kind of owner and others come to it by
mandate or partnership. Set up through the real actions. For the network, `acting` is the network itself.
"""

import io
from collections.abc import Callable
from functools import cache
from typing import Final

from django.utils import timezone

from advertisers import blocks, caps, coupons, creatives, landing_pages, letters, plans
from advertisers.models import Campaign, Cap, CommissionPlan, Coupon, Creative, LandingPage, Mandate, TrafficBlock
from network import invitations, keys, tokens
from network.actors import Actor
from network.models import ApiKey, Invitation, Kind, Membership, Organization
from network.roles import Role
from payouts import accrual, deliveries
from payouts.models import Commission, Delivery
from publishers import links, partnerships, postbacks, properties, smart_links, vanity
from publishers.models import Partnership, Property, PublisherPostback, SmartLink, TrackingLink, VanityLink
from tests.access.world import Circle
from tests.cast import person
from tests.publishers.conftest import draft_campaign, png, running_campaign
from tests.tracking import stage
from tracking import foreign_ids
from tracking.files import jobs
from tracking.models import FileJob, FileKind, ForeignId, QualityCase, QualityRun
from tracking.quality import cases, recompute

type Arguments = dict[str, str]

once = cache  # an object is made once per circle, and goes with its world


@once
def campaign(circle: Circle) -> Campaign:
    return running_campaign(circle.advertiser, "Winter sale")


@once
def plan_draft(circle: Circle) -> CommissionPlan:
    return plans.draft(campaign(circle), by=circle.advertiser.actor)


@once
def banner(circle: Circle) -> Creative:
    return creatives.add_banner(campaign(circle), name="Winter", data=png(300, 250), by=circle.advertiser.actor)


@once
def partnership(circle: Circle) -> Partnership:
    """Pia's in a campaign of Ada's, active."""
    publisher, advertiser = circle.publisher, circle.advertiser
    applied = partnerships.apply(running_campaign(advertiser), publisher=publisher.organization, by=publisher.actor)
    return partnerships.approve(applied, by=advertiser.actor)


@once
def findable_campaign(circle: Circle) -> Campaign:
    """Ada's is open to every publisher; Mallory's has not begun, so it is nobody's but hers."""
    advertiser = circle.advertiser
    return running_campaign(advertiser) if advertiser.user.name == "Ada" else draft_campaign(advertiser)


@once
def link(circle: Circle) -> TrackingLink:
    return links.grab(partnership(circle), by=circle.publisher.actor)


@once
def declared_property(circle: Circle) -> Property:
    publisher = circle.publisher
    return properties.add(
        publisher.organization, kind="blog", name="Blog", url="https://blog.example/", by=publisher.actor
    )


@once
def membership(circle: Circle, acting: Organization) -> Membership:
    """Not the last owner: someone whose role can be changed."""
    user = person(f"someone@{acting.public_id}.example".lower(), "Someone")
    return Membership.objects.create(user=user, organization=acting, role=Role.ANALYST)


@once
def invitation(circle: Circle, acting: Organization) -> Invitation:
    actor = Actor(circle.of(Kind(acting.kind)).user, acting)
    return invitations.invite(acting, email="ida@example.com", role=Role.ANALYST, by=actor)


@once
def key(circle: Circle, acting: Organization) -> ApiKey:
    actor = Actor(circle.of(Kind(acting.kind)).user, acting)
    return keys.create(acting, name="Warehouse", scopes=[keys.Scope.READ], by=actor)[0]


@once
def invitation_token(circle: Circle, acting: Organization) -> str:
    token = tokens.make()
    Invitation.objects.filter(pk=invitation(circle, acting).pk).update(token_hash=tokens.hashed(token))
    return token


@once
def callback(circle: Circle) -> PublisherPostback:
    publisher = circle.publisher
    return postbacks.save(
        publisher=publisher.organization,
        url="https://tracker.example/in?id={conversion_id}",
        method="GET",
        events=["recorded"],
        by=publisher.actor,
    )


@once
def callback_call(circle: Circle) -> Delivery:
    return deliveries.send_test(callback(circle), by=circle.publisher.actor)


@once
def handed_in(circle: Circle) -> FileJob:
    """A file of conversions into the advertiser's campaign."""
    return jobs.hand_in(
        io.BytesIO(b"order_id,amount\n1001,10.00\n"),
        name="orders.csv",
        kind=FileKind.UPLOAD,
        campaign=campaign(circle),
        by=circle.advertiser.actor,
    )


@once
def commission(circle: Circle) -> Commission:
    """Of a sale of 100.00 that came through Pia's link; nothing is on Ada's balance, so it waits for money."""
    report = stage.report(
        link(circle).partnership.campaign,
        "1001",
        amount=10_000,
        click_id=stage.click_id(link(circle), timezone.now()),  # its plan has just begun
    )
    stage.process(report)
    settled = accrual.settle(report.id)
    assert settled
    return settled


@once
def landing_page(circle: Circle) -> LandingPage:
    by = circle.advertiser.actor
    return landing_pages.add(campaign(circle), name="Second", url="https://shop.example/second", by=by)


@once
def cap(circle: Circle) -> Cap:
    return caps.add(campaign(circle), metric="clicks", period="day", limit=100, by=circle.advertiser.actor)


@once
def traffic_block(circle: Circle) -> TrafficBlock:
    return blocks.add(campaign(circle), field="source", value="forum", by=circle.advertiser.actor)


@once
def foreign_id(circle: Circle) -> ForeignId:
    target = campaign(circle).public_id
    rows = foreign_ids.read(f"tune,goal,{target},{target}/sale", by=circle.advertiser.actor)
    foreign_ids.take_in(rows, by=circle.advertiser.actor)
    return ForeignId.objects.get(foreign_id=target)


@once
def letter(circle: Circle) -> Creative:
    html = '<p><a href="{link}">Shoes</a> <a href="{unsubscribe}">No more</a></p>'
    return letters.add(campaign(circle), name="", subject="Shoes", html=html, by=circle.advertiser.actor)


@once
def coupon(circle: Circle) -> Coupon:
    return coupons.create(campaign(circle), code="SHOES10", terms=coupons.Terms(), by=circle.advertiser.actor)


@once
def vanity_link(circle: Circle) -> VanityLink:
    publisher = circle.publisher
    name = publisher.user.name.lower() + ".shoes"
    claimed = vanity.claim(publisher.organization, name=name, by=publisher.actor)
    return vanity.add_link(claimed, link=link(circle), slug="shoes", by=publisher.actor)


@once
def smart_link(circle: Circle, acting: Organization) -> SmartLink:
    owner = circle.network if acting.kind == Kind.NETWORK else circle.publisher
    return smart_links.create(owner.organization, name="All", rule=smart_links.Rule(), by=owner.actor)


@once
def quality_case(circle: Circle) -> QualityCase:
    """About Pia in Ada's campaign; what R15 held."""
    now = timezone.now()
    found = cases.refresh(partnership(circle).pk, "R15", window=(now, now), evidence={"conversions": 6, "most": 5})
    assert found
    return found


@once
def quality_run(circle: Circle) -> QualityRun:
    today = timezone.now().date()
    return recompute.start(partnership(circle).campaign, first=today, last=today, by=circle.network.actor)


OBJECTS: Final[dict[str, Callable[[Circle, Organization], Arguments]]] = {
    "campaign": lambda circle, _: {"public_id": campaign(circle).public_id},
    "goal": lambda circle, _: {"public_id": campaign(circle).public_id, "code": "sale"},
    "plan_draft": lambda circle, _: {"public_id": plan_draft(circle).public_id},
    "creative": lambda circle, _: {"public_id": banner(circle).public_id},
    "image": lambda circle, _: {"sha256": banner(circle).image_id or "", "extension": "png"},
    "landing_page": lambda circle, _: {"public_id": landing_page(circle).public_id},
    "cap": lambda circle, _: {"public_id": cap(circle).public_id},
    "foreign_id": lambda circle, _: {"pk": str(foreign_id(circle).pk)},
    "traffic_block": lambda circle, _: {"public_id": traffic_block(circle).public_id},
    "mandate": lambda circle, _: {
        "public_id": Mandate.objects.get(advertiser=circle.advertiser.organization, ended_at=None).public_id
    },
    "reset_key": lambda *_: {"uidb36": "1", "key": "set-password"},
    "organization": lambda circle, _: {"public_id": circle.publisher.organization.public_id},
    "membership": lambda circle, acting: {"public_id": membership(circle, acting).public_id},
    "invitation": lambda circle, acting: {"public_id": invitation(circle, acting).public_id},
    "invitation_token": lambda circle, acting: {"token": invitation_token(circle, acting)},
    "key": lambda circle, acting: {"public_id": key(circle, acting).public_id},
    "partnership": lambda circle, _: {"public_id": partnership(circle).public_id},
    "findable_campaign": lambda circle, _: {"public_id": findable_campaign(circle).public_id},
    "letter": lambda circle, _: {"public_id": letter(circle).public_id},
    "coupon": lambda circle, _: {"public_id": coupon(circle).public_id},
    "suppression_file": lambda circle, _: {"public_id": partnership(circle).public_id, "form": "sha256"},
    "vanity": lambda circle, _: {"public_id": vanity_link(circle).vanity.public_id},
    "vanity_link": lambda circle, _: {"public_id": vanity_link(circle).vanity.public_id, "slug": "shoes"},
    "smart_link": lambda circle, acting: {"public_id": smart_link(circle, acting).public_id},
    "smart_link_of_nobody": lambda *_: {"public_id": "nobody"},
    "link": lambda circle, _: {"code": link(circle).code},
    "commission": lambda circle, _: {"public_id": commission(circle).public_id},
    "conversion": lambda circle, _: {"conversion_id": str(commission(circle).conversion_id)},
    "postback": lambda circle, _: {"postback_id": str(commission(circle).conversion_id)},  # a conversion has its id
    "quality_case": lambda circle, _: {"public_id": quality_case(circle).public_id},
    "quality_run": lambda circle, _: {"public_id": quality_run(circle).public_id},
    "client": lambda circle, _: {"public_id": circle.advertiser.organization.public_id},
    "callback": lambda circle, _: {"public_id": callback(circle).public_id},
    "callback_call": lambda circle, _: {"public_id": callback_call(circle).public_id},
    "file": lambda circle, _: {"public_id": handed_in(circle).public_id},
    "property": lambda circle, _: {"public_id": declared_property(circle).public_id},
}
