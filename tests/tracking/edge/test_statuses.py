"""The table of statuses in docs/compatibility.md, word by word."""

import re
from pathlib import Path

import pytest

from tracking.edge.profiles import PROFILES
from tracking.edge.refusals import Rejection
from tracking.edge.reports import Reader, Setting
from tracking.snapshot import Snapshot

PAGE = Path(__file__).parents[3] / "docs" / "compatibility.md"
OURS = ("", "held", "approved", "declined")
NAMES = {"any": None, "impact": "impact", "Post Affiliate Pro": "pap"}


def table() -> list[tuple[str, str, str]]:
    """System, its word, ours."""
    text = PAGE.read_text().partition("### Statuses")[2].partition("\n## ")[0]
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[0] != "system" and set(cells[0]) != {"-"}:
            for ours, cell in zip(OURS, cells[1:], strict=True):
                found += [(cells[0], word, ours) for word in re.findall(r"`([^`]+)`", cell)]
    return found


def said(system: str | None, word: str) -> str:
    profile = PROFILES[system] if system else None
    setting = Setting(Snapshot(), None, b"", is_trusted=True, profile=profile)  # type: ignore[arg-type]
    return Reader({"status": word}, None, setting, 0, [])._status()  # type: ignore[arg-type]


def test_the_table_has_every_system_with_words_of_its_own() -> None:
    named = {NAMES.get(system, system.lower()) for system, _word, _ours in table()}
    assert named == {None, *(name for name, one in PROFILES.items() if one.statuses)}


@pytest.mark.parametrize(("system", "word", "ours"), table())
def test_a_word_of_theirs_means_ours(system: str, word: str, ours: str) -> None:
    name = NAMES.get(system, system.lower())
    assert said(name, word) == ours
    assert said(name, word.upper()) == ours


def test_the_table_leaves_out_no_word_that_is_understood() -> None:
    listed = {(NAMES.get(system, system.lower()), word) for system, word, _ours in table()}
    known = {(name, word) for name, one in PROFILES.items() for word in one.statuses}
    assert known - listed == set()


@pytest.mark.parametrize("word", ["maybe", "6", "approve!", "null"])
def test_other_words_are_refused(word: str) -> None:
    with pytest.raises(Rejection) as caught:
        said(None, word)
    assert caught.value.code == "invalid_status"


def test_a_browser_has_no_word_in_it() -> None:
    setting = Setting(Snapshot(), None, b"", is_trusted=False)  # type: ignore[arg-type]
    assert Reader({"status": "approved"}, None, setting, 0, [])._status() == ""  # type: ignore[arg-type]
