"""What a page may not contain under our content security policy."""

from html.parser import HTMLParser


class Inline(HTMLParser):
    """Collects inline styles, inline scripts and event handlers."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        handlers = [name for name in given if name.startswith(("on", "hx-on")) or name == "style"]
        self.found += [f"<{tag} {name}=…>" for name in handlers]
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.found.append(f"<{tag}>")
        self.found += [
            f"{name}=javascript:" for name, value in attrs if (value or "").strip().startswith("javascript:")
        ]
