from typing import Self

from django.db import models
from django.db.models import Q

from network.models.identities import Kind, Organization, User


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def visible_to(self, organization: Organization) -> Self:
        """What was done by or to the organization; the network sees all."""
        if organization.kind == Kind.NETWORK:
            return self
        return self.filter(Q(organization=organization) | Q(subject=organization))

    def matching(self, text: str, reader: Organization) -> Self:
        """By object or person. People of other organizations are not named to the reader, so they are not found either."""
        people = Q(user__name__icontains=text) | Q(user__email__icontains=text)
        if reader.kind != Kind.NETWORK:
            people &= Q(organization=reader)
        return self.filter(Q(label__icontains=text) | people)


class AuditEntry(models.Model):
    """Who did what, for which organization, to which object. The database refuses to change or remove one."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    organization = models.ForeignKey(Organization, null=True, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="+", help_text="whose object it is"
    )
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    label = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["organization", "-id"], name="audit_by_organization"),
            models.Index(fields=["subject", "-id"], name="audit_by_subject"),
            models.Index(fields=["object_type", "object_id"], name="audit_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.label}"
