from django.apps import AppConfig
from django.contrib.admin import apps as admin


class NetworkConfig(AppConfig):
    name = "network"
    verbose_name = "Network"

    def ready(self) -> None:
        from network import checks  # noqa: F401  registers the system checks
        from network.celery import app  # noqa: F401  binds @shared_task to our Celery app


class SupportAdminConfig(admin.AdminConfig):
    default = False
    default_site = "network.support.SupportSite"
