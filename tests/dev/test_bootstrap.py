import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from network.dev import bootstrap, steps
from tests.services import ROOT


def test_an_old_python_can_read_it() -> None:
    ast.parse((ROOT / "network" / "dev" / "bootstrap.py").read_text(), feature_version=(3, 6))


def test_it_says_in_one_sentence_that_python_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "candidates", list)
    with pytest.raises(SystemExit) as exit_:
        bootstrap.main()
    version = "{}.{}.{}".format(*sys.version_info[:3])
    assert exit_.value.code == (
        f"Peyvand needs Python 3.12 or newer; this machine has only {version}. Install one and run make again."
    )


def test_it_passes_by_pythons_that_do_not_work(tmp_path: Path) -> None:
    broken = tmp_path / "python3.13"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    assert not bootstrap.is_new_enough(str(broken))
    assert not bootstrap.is_new_enough(str(tmp_path / "missing"))
    assert bootstrap.is_new_enough(sys.executable)


def test_a_step_is_done_again_only_when_its_inputs_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    (tmp_path / "lock").write_text("one")
    done: list[str] = []

    def do() -> None:
        done.append((tmp_path / "lock").read_text())

    for content in ("one", "one", "two"):
        (tmp_path / "lock").write_text(content)
        steps.step("Step", do, inputs=["lock"], stamp=tmp_path / "made")
    assert done == ["one", "two"]


def test_a_failed_step_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "ROOT", tmp_path)

    def fail() -> None:
        steps.run(sys.executable, "-c", "import sys; sys.exit('no network')")

    for _ in range(2):
        with pytest.raises(steps.Unfit, match=r"no network\n\nThis failed: .*python"):
            steps.step("Step", fail, stamp=tmp_path / "made")


def test_a_missing_browser_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(steps.Unfit, match=r"^There is no Chromium for the browser tests: install Chromium"):
        steps.chromium()


def test_a_missing_browser_is_named_where_it_cannot_be_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}" if name == "apt-get" else None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.delenv("CI", raising=False)
    steps.chromium()
    assert "There is no Chromium for the browser tests: sudo apt-get install chromium." in capsys.readouterr().out


def test_make_lists_what_it_can_do() -> None:
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # also under make test
    listed = subprocess.run(["make"], cwd=ROOT, check=True, capture_output=True, text=True, env=alone).stdout
    assert [line.split()[1] for line in listed.splitlines()] == [
        *("help", "run", "test", "check", "bench", "soak", "messages", "format")
    ]
