"""`{% load banners %}`: `{{ creative.image|image_path }}`."""

from django import template

from publishers import urls_out

register = template.Library()
register.filter("image_path", urls_out.image_path)
