"""The product's settings on servers of this test run's own, which must listen before the settings ask where."""

from tests import services

services.start()

from network.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # signing in should not take its usual time
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405  not collected
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
