from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from payouts import explanations
from payouts.models import Commission

register = template.Library()


@register.simple_tag
def order(commission: Commission, whole: bool) -> SafeString:  # noqa: FBT001  a template says `{% order commission is_buyer %}`
    """The order number; a publisher sees its end."""
    known = commission.conversion.order_id if whole and commission.conversion else explanations.short_order(commission)
    return format_html('<bdi dir="ltr">{}</bdi>', known)


@register.simple_tag
def reason(commission: Commission, is_buyer: bool) -> str:  # noqa: FBT001  as above
    return explanations.reason(commission, is_publisher=not is_buyer)
