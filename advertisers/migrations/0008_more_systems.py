from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("advertisers", "0007_compatibility"),
        ("network", "0005_days_of_data"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="campaign",
            name="campaign_profile",
        ),
        migrations.AlterField(
            model_name="campaign",
            name="profile",
            field=models.CharField(
                blank=True,
                choices=[
                    ("tune", "TUNE"),
                    ("everflow", "Everflow"),
                    ("cake", "CAKE"),
                    ("affise", "Affise"),
                    ("awin", "Awin"),
                    ("cj", "CJ"),
                    ("impact", "impact.com"),
                    ("scaleo", "Scaleo"),
                    ("voluum", "Voluum"),
                    ("keitaro", "Keitaro"),
                    ("binom", "Binom"),
                    ("redtrack", "RedTrack"),
                    ("tapfiliate", "Tapfiliate"),
                    ("partnerize", "Partnerize"),
                    ("rakuten", "Rakuten Advertising"),
                    ("pap", "Post Affiliate Pro"),
                    ("custom", "Another system"),
                ],
                help_text="The system whose parameter names the advertiser's calls use. Ours are always understood.",
                max_length=12,
                verbose_name="reports are written for",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "profile__in",
                        [
                            "",
                            "tune",
                            "everflow",
                            "cake",
                            "affise",
                            "awin",
                            "cj",
                            "impact",
                            "scaleo",
                            "voluum",
                            "keitaro",
                            "binom",
                            "redtrack",
                            "tapfiliate",
                            "partnerize",
                            "rakuten",
                            "pap",
                            "custom",
                        ],
                    )
                ),
                name="campaign_profile",
            ),
        ),
    ]
