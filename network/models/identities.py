from typing import ClassVar, Self

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network.ids import public_id
from network.money import Currency
from network.roles import Role


class UserManager(DjangoUserManager["User"]):
    """Users log in by e-mail; there is no user name."""

    def create_user(  # type: ignore[override]
        self, email: str, password: str | None = None, **fields: object
    ) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(  # type: ignore[override]
        self, email: str, password: str | None = None, **fields: object
    ) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=[("en", "English"), ("fa", "فارسی")], default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)  # empty: that of the acting organization

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


class Kind(models.TextChoices):
    NETWORK = "network", _("Network")
    AGENCY = "agency", _("Agency")
    ADVERTISER = "advertiser", _("Advertiser")
    PUBLISHER = "publisher", _("Publisher")


class OrganizationStatus(models.TextChoices):
    APPLIED = "applied", _("Applied")
    ACTIVE = "active", _("Active")
    DECLINED = "declined", _("Declined")
    SUSPENDED = "suspended", _("Suspended")


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def matching(self, text: str) -> Self:
        """By name, website or a member's e-mail address."""
        members = Membership.objects.filter(user__email__icontains=text).values("organization")
        return self.filter(Q(name__icontains=text) | Q(website__icontains=text) | Q(public_id=text) | Q(pk__in=members))

    def waiting_first(self) -> Self:
        """Those who wait for vetting, the longest first; then the others, the newest first."""
        waits = Q(status=OrganizationStatus.APPLIED)
        since = Case(When(waits, then=F("created_at")))
        return self.order_by(since.asc(nulls_last=True), "-created_at", "-id")


class Organization(models.Model):
    """A party: the network itself (exactly one), an advertiser, a publisher or an agency (OPM)."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=120)
    website = models.URLField(_("website"), blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    currency = models.CharField(_("currency"), max_length=3, choices=Currency.choices, default=Currency.USD)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    about = models.TextField(_("about"), blank=True, max_length=2000)
    status = models.CharField(max_length=10, choices=OrganizationStatus.choices, default=OrganizationStatus.APPLIED)
    status_reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    vetted_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=Q(kind=Kind.NETWORK), name="organization_one_network"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="organization_kind"),
            models.CheckConstraint(condition=Q(status__in=OrganizationStatus.values), name="organization_status"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.status == OrganizationStatus.ACTIVE


class Membership(models.Model):
    """A person's role in an organization."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "organization"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization}"


class LoginAddress(models.Model):
    """An address that a person logged in from, as a keyed hash (`network.logins`), and the last time that she did."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    number = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "number"], name="login_address_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.at}"


class Invitation(models.Model):
    """A mailed offer of a membership. Only the token's hash is stored; it is used once, within seven days."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.organization}"

    @property
    def has_expired(self) -> bool:
        return self.expires_at <= timezone.now()


class NetworkSettings(models.Model):
    """One row: what the network's staff set for the whole installation."""

    fallback_url = models.URLField(blank=True, help_text=_("Where a visitor goes when a link leads nowhere else."))
    fee_basis_points = models.PositiveIntegerField(
        default=2000, help_text=_("Network fee on each commission, in basis points.")
    )
    low_balance_days = models.PositiveSmallIntegerField(default=3)
    ip_days = models.PositiveSmallIntegerField(default=30, help_text=_("Days until addresses are shortened."))
    click_days = models.PositiveSmallIntegerField(default=400)
    impression_days = models.PositiveSmallIntegerField(default=90)
    postback_days = models.PositiveSmallIntegerField(default=400)

    class Meta:
        verbose_name = verbose_name_plural = "network settings"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="network_settings_one_row")]

    def __str__(self) -> str:
        return "network settings"

    @classmethod
    def current(cls) -> "NetworkSettings":
        return cls.objects.get_or_create(pk=1)[0]
