import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import network.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("advertisers", "0002_initial"),
        ("network", "0001_initial"),
        ("publishers", "0001_initial"),
        ("tracking", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("idempotency_key", models.TextField(unique=True)),
                ("fingerprint", models.BinaryField()),
                ("source_type", models.TextField()),
                ("source_id", models.TextField()),
                ("plan_version_id", models.BigIntegerField(null=True)),
                ("effective_at", models.DateTimeField()),
                ("posted_at", models.DateTimeField()),
            ],
            options={
                "db_table": "journal_entry",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="LedgerAccount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("owner_id", models.BigIntegerField(null=True)),
                ("currency", models.CharField(max_length=3)),
                ("floor", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "ledger_account",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField()),
            ],
            options={
                "db_table": "posting",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="LedgerBalance",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="balance",
                        serialize=False,
                        to="payouts.ledgeraccount",
                    ),
                ),
                ("balance", models.BigIntegerField()),
                ("version", models.BigIntegerField()),
            ],
            options={
                "db_table": "ledger_balance",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Rejection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("order_cancelled", "Order cancelled"),
                            ("item_returned", "Item returned"),
                            ("payment_failed", "Payment failed"),
                            ("breach_of_terms", "Breach of the terms"),
                            ("duplicate_order", "Duplicate order"),
                            ("out_of_stock", "Out of stock"),
                            ("under_review", "Under review"),
                            ("other", "Other reason"),
                            ("unfunded", "The advertiser's balance did not cover it"),
                            ("suspect", "Traffic under review"),
                            ("refunded", "Fully refunded"),
                            ("reported", "Declined by the advertiser's server"),
                            ("other_click", "The advertiser's server named another publisher's click"),
                            ("invalid", "Invalid traffic"),
                            ("test", "Test conversion"),
                            ("unattributed", "No publisher's click led to it"),
                            ("no_plan", "No commission plan was in force at the click"),
                            ("no_rule", "The commission plan pays nothing for this goal"),
                            ("other_currency", "Reported in another currency than the campaign's"),
                        ],
                        max_length=40,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "conversion",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tracking.conversion"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Bonus",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "public_id",
                    models.CharField(default=network.ids.public_id, editable=False, max_length=12, unique=True),
                ),
                ("amount", models.BigIntegerField()),
                ("fee", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reason", models.CharField(max_length=200, verbose_name="reason")),
                ("day", models.DateField(help_text="in the campaign's time zone")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "advertiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="network.organization"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="advertisers.campaign"
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "publisher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="network.organization"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0), ("fee__gte", 0)), name="bonus_amount")
                ],
            },
        ),
        migrations.CreateModel(
            name="Commission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(default=network.ids.public_id, editable=False, max_length=12, unique=True),
                ),
                (
                    "day",
                    models.DateField(help_text="in the campaign's time zone: of the conversion, or the day counted"),
                ),
                ("count", models.BigIntegerField(default=1)),
                ("base", models.BigIntegerField(default=0)),
                ("refunded", models.BigIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField(default=0)),
                ("fee", models.BigIntegerField(default=0)),
                ("due_amount", models.BigIntegerField(default=0)),
                ("due_fee", models.BigIntegerField(default=0)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("held", "Held"),
                            ("approved", "Approved"),
                            ("locked", "Locked"),
                            ("paid", "Paid"),
                            ("declined", "Declined"),
                            ("reversed", "Reversed"),
                        ],
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("step", models.PositiveIntegerField(default=0)),
                ("validate_until", models.DateTimeField(help_text="approved by itself from then on, unless declined")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("approved_at", models.DateTimeField(null=True)),
                (
                    "advertiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="network.organization"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="advertisers.campaign"
                    ),
                ),
                (
                    "conversion",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tracking.conversion",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "goal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="advertisers.goal"
                    ),
                ),
                (
                    "partnership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="publishers.partnership"
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="advertisers.commissionplan"
                    ),
                ),
                (
                    "publisher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="network.organization"
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="advertisers.commissionrule"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["advertiser", "status", "-id"], name="payouts_com_adverti_16f1be_idx"),
                    models.Index(fields=["publisher", "status", "-id"], name="payouts_com_publish_615e6c_idx"),
                    models.Index(fields=["campaign", "day"], name="payouts_com_campaig_20ddeb_idx"),
                    models.Index(
                        condition=models.Q(("status", "pending")), fields=["validate_until"], name="commission_due"
                    ),
                    models.Index(
                        condition=models.Q(("due_amount__gt", 0), ("due_fee__gt", 0), _connector="OR"),
                        fields=["advertiser", "currency", "id"],
                        name="commission_unfunded",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("conversion", "partnership"), name="commission_once_per_conversion"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("conversion", None)),
                        fields=("partnership", "goal", "day", "plan"),
                        name="commission_once_per_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["pending", "held", "approved", "locked", "paid", "declined", "reversed"])
                        ),
                        name="commission_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gte", 0),
                            ("count__gte", 0),
                            ("due_amount__gte", 0),
                            ("due_fee__gte", 0),
                            ("fee__gte", 0),
                        ),
                        name="commission_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("refunded__lte", models.F("base"))), name="commission_refund_within_base"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TopUp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(default=network.ids.public_id, editable=False, max_length=12, unique=True),
                ),
                ("amount", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reference", models.CharField(max_length=80, verbose_name="bank reference")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "advertiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="network.organization"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="top_up_amount"),
                    models.UniqueConstraint(fields=("advertiser", "reference"), name="top_up_reference_once"),
                ],
            },
        ),
    ]
