"""Commissions in words. `{% load commissions %}`: `{{ rule|rule_sentence }}`, `{{ plan|plan_summary }}`."""

from django import template

from advertisers import sentences

register = template.Library()
register.filter("rule_sentence", sentences.rule_sentence)
register.filter("rule_terms", sentences.rule_terms)
register.filter("plan_summary", sentences.plan_summary)
