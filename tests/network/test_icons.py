import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from network import icons, navigation, statuses
from network.dev.assets import ICONS

ROOT = Path(__file__).resolve().parent.parent.parent
DRAWN = re.compile(r"""\{% icon "([a-z0-9-]+)"|\bicon="([a-z0-9-]+)"|\{% icon [\w.]+\|default:"([a-z0-9-]+)\"""")


def used() -> Iterator[tuple[str, str]]:
    for template in (ROOT / "templates").rglob("*.html"):
        for match in DRAWN.finditer(template.read_text()):
            yield next(filter(None, match.groups())), str(template.relative_to(ROOT))
    for app in ("network", "advertisers", "publishers", "tracking", "payouts", "reporting"):
        for source in (ROOT / app).rglob("*.py"):
            for name in re.findall(r'\bicon="([a-z0-9-]+)"', source.read_text()):
                yield name, str(source.relative_to(ROOT))
    for _label, entries in navigation.MENU:
        for item in entries:
            yield item.icon, f"menu line {item.label}"
            for page in item.pages:
                yield page.icon, f"menu entry {page.url}"
    for value, status in statuses.STATUSES.items():
        yield status.icon, f"status {value}"


def test_every_icon_in_use_is_copied() -> None:
    missing = sorted({(name, place) for name, place in used() if name not in ICONS})
    assert not missing, f"add these to ICONS in network/dev/assets.py: {missing}"


def test_the_list_names_each_icon_once() -> None:
    assert len(ICONS) == len(set(ICONS))


def test_it_draws_an_icon_hidden_from_screen_readers() -> None:
    svg = icons.svg("home", "dropdown-item-icon")
    assert svg.startswith('<svg class="icon icon-home dropdown-item-icon" viewBox="0 0 24 24"')
    assert 'aria-hidden="true"' in svg
    assert "style=" not in svg


def test_it_mirrors_only_icons_with_a_direction() -> None:
    assert "icon-directional" in icons.svg("arrow-right")
    assert "icon-directional" not in icons.svg("home")


def test_it_refuses_an_icon_that_nobody_copied() -> None:
    with pytest.raises(icons.UnknownIcon):
        icons.svg("no-such-icon")
