from pathlib import Path

import pytest

from network.dev import catalogues

PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext
GREETING = _("Hello %(name)s")
MAY = pgettext("month", "May")
LINKS = ngettext("%(n)s link", "%(n)s links", 3)
"""
TEMPLATE = """{% load i18n %}
<h1>{% translate "Your campaigns" %}</h1> it's {{ _("quoted 'so'") }}
{% blocktranslate trimmed count n=n %}
  one click
{% plural %}
  {{ n }} clicks, 5% more
{% endblocktranslate %}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "publishers").mkdir()
    (tmp_path / "publishers" / "links.py").write_text(PYTHON)
    (tmp_path / "templates" / "advertisers").mkdir(parents=True)
    (tmp_path / "templates" / "advertisers" / "campaigns.html").write_text(TEMPLATE)
    (tmp_path / "templates" / "base.html").write_text('{% translate "Home" %} {% translate "Your campaigns" %}')
    return tmp_path


def keys(app: str, project: Path) -> set[str]:
    messages = catalogues.load(app, "fa", project)
    return {message.id if isinstance(message.id, str) else message.id[0] for message in messages if message.id}


def translate(project: Path, app: str, old: str, new: str) -> None:
    path = project / "locale" / app / "fa" / "LC_MESSAGES" / "django.po"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_it_puts_each_text_into_the_catalogue_of_the_leftmost_app(project: Path) -> None:
    catalogues.update(project)
    assert keys("network", project) == {"Home", "Your campaigns"}
    assert keys("advertisers", project) == {"quoted 'so'", "one click"}
    assert keys("publishers", project) == {"Hello %(name)s", "May", "%(n)s link"}


def test_it_keeps_translations_when_a_text_moves_to_another_app(project: Path) -> None:
    catalogues.update(project)
    translate(
        project, "publishers", 'msgid "Hello %(name)s"\nmsgstr ""', 'msgid "Hello %(name)s"\nmsgstr "سلام %(name)s"'
    )
    (project / "network").mkdir()
    (project / "publishers" / "links.py").rename(project / "network" / "links.py")
    catalogues.update(project)
    message = catalogues.load("network", "fa", project).get("Hello %(name)s")
    assert message
    assert message.string == "سلام %(name)s"
    assert keys("publishers", project) == set()


def test_it_brings_a_translation_back_when_its_text_returns(project: Path) -> None:
    catalogues.update(project)
    translate(project, "network", 'msgid "Home"\nmsgstr ""', 'msgid "Home"\nmsgstr "خانه"')
    base = project / "templates" / "base.html"
    text = base.read_text()
    base.write_text("")
    catalogues.update(project)
    assert "locale/network/fa: no longer used: 'Home'" in catalogues.problems(project)
    base.write_text(text)
    catalogues.update(project)
    message = catalogues.load("network", "fa", project).get("Home")
    assert message
    assert message.string == "خانه"


def test_it_forgets_unused_texts_when_pruned(project: Path) -> None:
    catalogues.update(project)
    translate(project, "network", 'msgid "Home"\nmsgstr ""', 'msgid "Home"\nmsgstr "خانه"')
    (project / "templates" / "base.html").write_text("")
    catalogues.update(project, prune=True)
    assert not [line for line in catalogues.problems(project) if "no longer used" in line]


def test_it_reports_missing_texts_with_their_file(project: Path) -> None:
    assert "locale/advertisers/fa: untranslated: 'one click' (templates/advertisers/campaigns.html)" in (
        catalogues.problems(project)
    )


def test_it_reports_a_placeholder_that_the_translation_lost(project: Path) -> None:
    catalogues.update(project)
    translate(project, "publishers", 'msgid "Hello %(name)s"\nmsgstr ""', 'msgid "Hello %(name)s"\nmsgstr "سلام"')
    assert "locale/publishers/fa: placeholder %(name)s missing in the translation of 'Hello %(name)s'" in (
        catalogues.problems(project)
    )


def test_it_reports_a_placeholder_that_the_source_does_not_have(project: Path) -> None:
    catalogues.update(project)
    translate(project, "network", 'msgid "Home"\nmsgstr ""', 'msgid "Home"\nmsgstr "خانهٔ %(who)s"')
    assert "locale/network/fa: unknown placeholder %(who)s in the translation of 'Home'" in (
        catalogues.problems(project)
    )


def test_it_changes_nothing_the_second_time(project: Path) -> None:
    catalogues.update(project)
    files = {path: path.read_text() for path in project.glob("locale/**/*.po")}
    catalogues.update(project)
    assert {path: path.read_text() for path in project.glob("locale/**/*.po")} == files
    assert len(files) == 6
