"""Each link's channel; links that exist already get the one that their publisher's kind mostly means."""

from django.db import migrations, models

KINDS = """
UPDATE publishers_trackinglink AS link
SET channel = CASE profile.kind
    WHEN 'coupon' THEN 'coupon' WHEN 'cashback' THEN 'coupon' WHEN 'social' THEN 'social' WHEN 'app' THEN 'app'
    WHEN 'influencer' THEN 'influencer' WHEN 'email' THEN 'email' WHEN 'other' THEN 'other' ELSE 'website' END
FROM publishers_partnership AS partnership, publishers_publisherprofile AS profile
WHERE partnership.id = link.partnership_id AND profile.organization_id = partnership.publisher_id
"""


class Migration(migrations.Migration):
    dependencies = [("publishers", "0002_partnership_decisions")]

    operations = [
        migrations.AddField(
            model_name="trackinglink",
            name="channel",
            field=models.CharField(
                choices=[
                    ("website", "Website"),
                    ("social", "Social media"),
                    ("email", "E-mail"),
                    ("native", "Native"),
                    ("display", "Display"),
                    ("influencer", "Influencer"),
                    ("coupon", "Coupon site"),
                    ("app", "Mobile app"),
                    ("search", "Search"),
                    ("other", "Other"),
                ],
                default="website",
                max_length=12,
                verbose_name="channel",
            ),
        ),
        migrations.RunSQL(KINDS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="trackinglink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "channel__in",
                        [
                            "website",
                            "social",
                            "email",
                            "native",
                            "display",
                            "influencer",
                            "coupon",
                            "app",
                            "search",
                            "other",
                        ],
                    )
                ),
                name="link_channel",
            ),
        ),
    ]
