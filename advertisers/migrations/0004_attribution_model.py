"""Who earns a conversion: the model, the window of views, the ownership of customers."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("advertisers", "0003_activated_plans_are_immutable"),
        ("network", "0004_words_of_the_admin"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="attribution_model",
            field=models.CharField(
                choices=[
                    ("last_click", "Last click"),
                    ("first_click", "First click"),
                    ("coupon_first", "Coupon before click"),
                    ("click_first", "Click before coupon"),
                ],
                default="last_click",
                max_length=12,
                verbose_name="attribution model",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="ownership_days",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="0: off",
                validators=[django.core.validators.MaxValueValidator(3650)],
                verbose_name="customer ownership",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="view_window_hours",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="0: views earn nothing",
                validators=[django.core.validators.MaxValueValidator(720)],
                verbose_name="view window",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("attribution_model__in", ["last_click", "first_click", "coupon_first", "click_first"])
                ),
                name="campaign_attribution_model",
            ),
        ),
    ]
