"""var/demo.json: what a script needs to do what a person does."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from advertisers.models import Campaign
from network import keys
from network.actors import Actor
from network.keys import Scope
from network.models import Kind, Membership, Organization
from publishers.models import PartnershipStatus, TrackingLink
from reporting.demo import parties

CAST = {
    "network": parties.NETWORK,
    "opm": parties.AGENCY,
    "advertiser": parties.ADVERTISERS[0],
    "publisher": parties.PUBLISHERS[0].party,
}


class NotTheDemo(RuntimeError):
    """The database holds another network."""


def write(path: Path) -> dict[str, Any]:
    """Describes the demo network as it is now. API keys are kept from an earlier file, else made anew.

    Raises NotTheDemo.
    """
    earlier = json.loads(path.read_text()) if path.exists() else {}
    world = {
        "site": settings.SITE_URL,
        "tracking": settings.TRACKING_URL,
        "database_url": settings.DATABASE_URL,
        "redis_url": settings.REDIS_URL,
        "cast": {role: _member(party, earlier.get("cast", {}).get(role)) for role, party in CAST.items()},
        "campaigns": [_campaign(campaign) for campaign in Campaign.objects.order_by("pk")],
        "links": [_link(link) for link in _links()],
    }
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(world, indent=2, ensure_ascii=False) + "\n")
    fresh.chmod(0o600)
    fresh.replace(path)
    return world


def _member(party: parties.Party, earlier: dict[str, str] | None) -> dict[str, str]:
    membership = Membership.objects.select_related("organization", "user").filter(user__email=party.email).first()
    if membership is None:
        raise NotTheDemo(f"This database has a network of its own: {party.email} is not in it.")
    secret = (earlier or {}).get("api_key", "")
    if not secret or keys.use(secret) is None:
        by = Actor(membership.user, membership.organization)
        _, secret = keys.create(membership.organization, name="Demo", scopes=[Scope.READ], by=by)
    return {
        "organization": membership.organization.name,
        "email": party.email,
        "password": parties.PASSWORD,
        "api_key": secret,
    }


def _campaign(campaign: Campaign) -> dict[str, Any]:
    return {
        "public_id": campaign.public_id,
        "name": campaign.name,
        "currency": campaign.currency,
        "postback_token": campaign.postback_token,
        "goals": [{"code": goal.code, "name": goal.name, "kind": goal.kind} for goal in campaign.goals.order_by("pk")],
    }


def _links() -> Any:
    """Those of smart links are used by these alone."""
    active = TrackingLink.objects.filter(retired_at=None, smart_link=None, partnership__status=PartnershipStatus.ACTIVE)
    return active.select_related("partnership__campaign", "partnership__publisher", "creative").order_by("pk")


def _link(link: TrackingLink) -> dict[str, Any]:
    return {
        "url": f"{settings.TRACKING_URL}/c/{link.code}",
        "code": link.code,
        "campaign": link.partnership.campaign.public_id,
        "publisher": link.partnership.publisher.name,
        "creative": link.creative.public_id if link.creative else None,
    }


def exists() -> bool:
    return Organization.objects.filter(kind=Kind.NETWORK).exists()
