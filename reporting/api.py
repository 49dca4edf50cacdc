"""What an organization reads of itself through the API."""

from ninja import Router

router = Router()
