"""The API of an installation: /api/v1/. Each app adds its router by name in `network.api_urls`."""
