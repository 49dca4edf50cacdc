from django.contrib import admin

from network.support import ReadOnly
from publishers.models import Partnership, Property, PublisherProfile, TrackingLink


@admin.register(PublisherProfile)
class PublisherProfileAdmin(ReadOnly):
    list_display = ["organization", "kind"]
    list_filter = ["kind"]
    list_select_related = ["organization"]
    search_fields = ["organization__name", "organization__public_id"]


@admin.register(Property)
class PropertyAdmin(ReadOnly):
    list_display = ["name", "publisher", "kind", "url", "removed_at"]
    list_filter = ["kind"]
    list_select_related = ["publisher"]
    search_fields = ["name", "url", "publisher__name", "public_id"]


@admin.register(Partnership)
class PartnershipAdmin(ReadOnly):
    list_display = ["publisher", "campaign", "status", "applied_at", "decided_at"]
    list_filter = ["status"]
    list_select_related = ["publisher", "campaign"]
    search_fields = ["publisher__name", "campaign__name", "public_id"]


@admin.register(TrackingLink)
class TrackingLinkAdmin(ReadOnly):
    list_display = ["code", "name", "partnership", "destination", "created_at", "retired_at"]
    list_select_related = ["partnership__publisher", "partnership__campaign"]
    search_fields = ["code", "name", "partnership__publisher__name", "partnership__campaign__name"]
