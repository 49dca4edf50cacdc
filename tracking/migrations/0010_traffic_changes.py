"""The edges hear of whom a campaign takes, when, how many and where it sends them, and of who converted."""

from django.db import migrations

from tracking.snapshot import triggers

SOURCES = [
    ("advertisers_targeting", "campaign", "campaign_id"),
    ("advertisers_landingpage", "campaign", "campaign_id"),
    ("advertisers_cap", "campaign", "campaign_id"),
    ("advertisers_trafficblock", "campaign", "campaign_id"),
    ("tracking_convertedvisitor", "converted", "key"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0009_channels"),
        ("advertisers", "0005_traffic"),
    ]

    operations = [migrations.RunSQL(triggers.installed(*source), triggers.removed(source[0])) for source in SOURCES]
