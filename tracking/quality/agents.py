"""User agents that are no visitor: robots, previews of links, scanners of mail; and what is no browser at all.

Two passes, as IAB asks: what is no known browser is out first, then known robots among the rest. The list of robots is
that of `tracking.enrich`; these two name kinds of them, which tell staff more, and what that list does not know.
"""

import re
from typing import Final

from tracking.enrich import Agent

LINK_PREVIEW: Final = re.compile(
    r"facebookexternalhit|facebookcatalog|whatsapp/|telegrambot|twitterbot|slackbot|slack-imgproxy|discordbot|linkedinbot"
    r"|pinterestbot|pinterest/|skypeuripreview|viber|redditbot|embedly|iframely|vkshare|bitlybot|applebot|snapchat ads"
    r"|google-pagerenderer|link ?preview|metainspector|flipboardproxy|tumblr/|line-poker|bingpreview|balebot|eitaabot",
    re.IGNORECASE,
)
MAIL_SCANNER: Final = re.compile(
    r"barracuda|proofpoint|mimecast|safelinks|ms-office|microsoft office|office existence|messagelabs|ironport|fireeye"
    r"|trendmicro|symantec|sophos|forcepoint|zscaler|cloudmark|urlscan|virustotal|bitdefender|mailscanner|checkpoint",
    re.IGNORECASE,
)
MAIL_PROXY: Final = re.compile(r"googleimageproxy|yahoomailproxy|ggpht\.com", re.IGNORECASE)
"""They fetch a picture when somebody opens the mail: an open, not a visit."""


def reason(user_agent: str, agent: Agent) -> str:
    """Why this is no visitor, or ""."""
    if not user_agent:
        return "no_user_agent"
    if MAIL_SCANNER.search(user_agent):
        return "mail_scanner"
    if LINK_PREVIEW.search(user_agent) and (agent.is_robot or not user_agent.startswith("Mozilla/5.0 (")):
        return "link_preview"
    if agent.is_robot or MAIL_PROXY.search(user_agent):
        return "known_robot"
    if not is_browser(user_agent, agent):
        return "not_a_browser"
    return ""


def opens_mail(user_agent: str) -> bool:
    return MAIL_PROXY.search(user_agent) is not None


def is_browser(user_agent: str, agent: Agent) -> bool:
    """A browser that is known by name, or one that says what every browser says and runs on a known system."""
    if agent.browser and agent.browser != "Other":
        return True
    known_system = bool(agent.system) and agent.system != "Other"
    return known_system and user_agent.startswith(("Mozilla/", "Opera/"))
