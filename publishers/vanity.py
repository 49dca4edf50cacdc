"""Short names on the tracking host: a publisher claims `/@name`, and gives links of its own short names below it.

Latin letters only: a name is read out in a video, typed from a story and copied into messengers that would show anything
else percent-encoded; and it cannot be mistaken for another one in a different script.
"""

import re
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import Organization
from publishers.models import TrackingLink, VanityLink, VanityName

MOST_NAMES: Final = 5
MOST_LINKS: Final = 50
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.]{1,28}[a-z0-9]", re.ASCII)
SLUG: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
RESERVED: Final = frozenset(
    "about abuse account accounts admin administrator affiliate affiliates agency api app apps billing blog bot contact"
    " dashboard dev finance health help home hostmaster info login logout mail me moderator network news noreply null"
    " official opm owner pay payment payments payout payouts peyvand postback postmaster press privacy publisher"
    " publishers robots root sales security settings shop signup staff status store support sysadmin system team terms"
    " test tracking undefined verify webmaster www".split()
)
"""Names that a visitor would take for the network's own."""


class BadName(DomainError):
    code = "bad_vanity_name"
    message = _("A short name has 3 to 30 Latin letters, digits, dots or underscores, and begins and ends with a letter or digit.")  # fmt: skip  # noqa: E501


class NameTaken(DomainError):
    code = "vanity_name_taken"
    message = _("This short name is taken.")
    status = 409


class TooManyNames(DomainError):
    code = "too_many_vanity_names"
    message = _("You have 5 short names already.")
    status = 409


class BadSlug(DomainError):
    code = "bad_slug"
    message = _("Use up to 40 Latin letters, digits and hyphens.")


class SlugTaken(DomainError):
    code = "slug_taken"
    message = _("You use this already below the same name.")
    status = 409


class TooManyLinks(DomainError):
    code = "too_many_vanity_links"
    message = _("A link page has at most 50 links.")
    status = 409


class ForeignLink(DomainError):
    code = "foreign_link"
    message = _("Choose one of your live links.")


@transaction.atomic
def claim(publisher: Organization, *, name: str, title: str = "", about: str = "", by: Actor) -> VanityName:
    """Capital letters are small ones. A name that was released comes back only to the publisher that had it."""
    name = normal(name)
    Organization.objects.select_for_update(no_key=True).get(pk=publisher.pk)
    if VanityName.objects.of(publisher).count() >= MOST_NAMES:
        raise TooManyNames
    claimed = VanityName.objects.filter(publisher=publisher, name=name).exclude(released_at=None).first()
    claimed = claimed or VanityName(publisher=publisher, name=name)
    claimed.title, claimed.about, claimed.released_at = title.strip(), about.strip(), None
    try:
        with transaction.atomic():
            claimed.save()
    except IntegrityError as error:
        if "name" in str(error) and "unique" in str(error):
            raise NameTaken(field="name") from None
        raise
    audit.record(by, "vanity.claimed", claimed, name=name)
    return claimed


def normal(name: str) -> str:
    name = name.strip().removeprefix("@").lower()
    if not NAME.fullmatch(name) or ".." in name:
        raise BadName(field="name")
    if name in RESERVED:
        raise NameTaken(field="name")
    return name


@transaction.atomic
def edit(vanity: VanityName, *, title: str, about: str, by: Actor) -> VanityName:
    vanity = _locked(vanity)
    vanity.title, vanity.about = title.strip(), about.strip()
    vanity.save(update_fields=["title", "about"])
    audit.record(by, "vanity.edited", vanity, name=vanity.name)
    return vanity


@transaction.atomic
def release(vanity: VanityName, *, by: Actor) -> VanityName:
    """Its addresses lead nowhere from now on; nobody else can ever have it."""
    vanity = _locked(vanity)
    vanity.released_at = timezone.now()
    vanity.save(update_fields=["released_at"])
    audit.record(by, "vanity.released", vanity, name=vanity.name)
    return vanity


@transaction.atomic
def add_link(vanity: VanityName, *, link: TrackingLink, slug: str, label: str = "", by: Actor) -> VanityLink:
    vanity = _locked(vanity)
    slug = slug.strip().lower()
    if not SLUG.fullmatch(slug):
        raise BadSlug(field="slug")
    if link.partnership.publisher_id != vanity.publisher_id or link.retired_at or link.smart_link_id:
        raise ForeignLink(field="link")
    count = vanity.links.count()
    if count >= MOST_LINKS:
        raise TooManyLinks
    label = label.strip() or link.name or link.partnership.campaign.name
    added = VanityLink(vanity=vanity, link=link, slug=slug, label=label[:80], position=count)
    try:
        with transaction.atomic():
            added.save()
    except IntegrityError as error:
        if "once" in str(error):
            raise SlugTaken(field="slug") from None
        raise
    audit.record(by, "vanity.linked", vanity, slug=slug, code=link.code)
    return added


@transaction.atomic
def remove_link(shown: VanityLink, *, by: Actor) -> None:
    vanity = _locked(shown.vanity)
    audit.record(by, "vanity.unlinked", vanity, slug=shown.slug, code=shown.link.code)
    shown.delete()


def _locked(vanity: VanityName) -> VanityName:
    found = VanityName.objects.select_for_update(no_key=True, of=("self",)).select_related("publisher")
    return found.get(pk=vanity.pk, released_at=None)
