"""The books' tables. Only `payouts.ledger` may import these classes; the tables themselves are made by SQL in a migration."""

from django.db import models


class LedgerAccount(models.Model):
    """One account per kind, owner and currency. `floor` empty: unguarded; 0: never negative; -N: a credit line of N."""

    id = models.BigAutoField(primary_key=True)
    kind = models.TextField()
    owner_id = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    floor = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "ledger_account"

    def __str__(self) -> str:
        return f"{self.kind}:{self.owner_id} {self.currency}"


class LedgerBalance(models.Model):
    """The cached balance, and the lock, of a guarded account."""

    account = models.OneToOneField(LedgerAccount, primary_key=True, on_delete=models.PROTECT, related_name="balance")
    balance = models.BigIntegerField()
    version = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "ledger_balance"

    def __str__(self) -> str:
        return f"{self.account_id}: {self.balance}"


class JournalEntry(models.Model):
    """One business event in the books; sealed when its database transaction ends."""

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    idempotency_key = models.TextField(unique=True)
    fingerprint = models.BinaryField()
    source_type = models.TextField()
    source_id = models.TextField()
    plan_version_id = models.BigIntegerField(null=True)
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    effective_at = models.DateTimeField()
    posted_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "journal_entry"

    def __str__(self) -> str:
        return self.idempotency_key


class Posting(models.Model):
    """`amount` > 0 moves from one account to another of the same currency."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="postings")
    from_account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="+")
    to_account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "posting"

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
