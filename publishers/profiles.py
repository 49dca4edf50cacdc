"""How a publisher describes itself to advertisers."""

from django.db import transaction

from network import audit
from network.actors import Actor
from network.models import Organization
from publishers.models import PublisherKind, PublisherProfile


@transaction.atomic
def describe(
    publisher: Organization, *, kind: PublisherKind | str, description: str, audience: str, by: Actor
) -> PublisherProfile:
    """The publisher's one profile, new or changed."""
    profile, _ = PublisherProfile.objects.update_or_create(
        organization=publisher, defaults={"kind": kind, "description": description, "audience": audience}
    )
    audit.record(by, "profile.described", profile, subject=publisher, kind=kind)
    return profile
