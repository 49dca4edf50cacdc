"""The edges hear of changes in short names, smart links, suppression lists, apps and what banner tags show."""

from django.db import migrations

from tracking.snapshot import triggers

SOURCES = [
    ("publishers_vanityname", "vanity", "id"),
    ("publishers_vanitylink", "vanity", "vanity_id"),
    ("publishers_smartlink", "smart_link", "id"),
    ("publishers_smartlinkroute", "smart_link", "smart_link_id"),
    ("advertisers_suppression", "suppression", "id"),
    ("advertisers_app", "campaign", "campaign_id"),
    ("advertisers_creative", "campaign", "campaign_id", "snapshot_advert"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0008_quality"),
        ("advertisers", "0006_channels"),
        ("publishers", "0004_channels"),
    ]

    operations = [
        migrations.RunSQL(triggers.installed(*source), triggers.removed(source[0], *source[3:])) for source in SOURCES
    ]
