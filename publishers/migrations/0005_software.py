"""Publishers of browser extensions and other software, which stand down after another publisher's click."""

from django.db import migrations, models

KINDS = [
    ("coupon", "Coupon site"),
    ("blog", "Blog"),
    ("review", "Review site"),
    ("social", "Social media"),
    ("influencer", "Influencer"),
    ("app", "Mobile app"),
    ("cashback", "Cashback"),
    ("email", "E-mail"),
    ("comparison", "Comparison site"),
    ("software", "Browser extension or software"),
    ("other", "Other"),
]


class Migration(migrations.Migration):
    dependencies = [("publishers", "0004_postbacks")]

    operations = [
        migrations.AlterField(
            model_name=model,
            name="kind",
            field=models.CharField(choices=KINDS, max_length=10, verbose_name="kind"),
        )
        for model in ("publisherprofile", "property")
    ]
