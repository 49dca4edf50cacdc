import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("advertisers", "0008_more_systems"),
        ("network", "0004_words_of_the_admin"),
        ("publishers", "0005_software"),
        ("tracking", "0014_erased_conversions"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="foreignid",
            name="foreign_id_system",
        ),
        migrations.AddField(
            model_name="foreignid",
            name="account",
            field=models.CharField(blank=True, max_length=64, verbose_name="account over there"),
        ),
        migrations.AlterField(
            model_name="filejob",
            name="system",
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
                max_length=12,
            ),
        ),
        migrations.RemoveField(model_name="foreignid", name="name"),
        migrations.AddField(
            model_name="foreignid",
            name="name",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.text.Concat(
                    "system", models.Value(" "), "kind", models.Value(" "), "account", models.Value(" "), "foreign_id"
                ),
                output_field=models.CharField(max_length=224),
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="foreignid",
            name="system",
            field=models.CharField(
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
                max_length=12,
                verbose_name="system",
            ),
        ),
        migrations.AlterField(
            model_name="importedconversion",
            name="system",
            field=models.CharField(
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
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="foreignid",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "system__in",
                        [
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
                name="foreign_id_system",
            ),
        ),
    ]
