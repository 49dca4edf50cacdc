from django.db import models

from network.models.identities import Organization, User


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

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-id"], name="audit_by_organization"),
            models.Index(fields=["subject", "-id"], name="audit_by_subject"),
            models.Index(fields=["object_type", "object_id"], name="audit_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.label}"
