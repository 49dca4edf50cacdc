import socket
from contextlib import closing
from pathlib import Path

import pytest

from network.dev import run
from network.dev.supervisor import Failed
from network.embedded.valkey import free_port


def test_it_runs_on_free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", str(free_port()))
    monkeypatch.setenv("TRACKING_PORT", str(free_port()))
    run.check_ports()


@pytest.mark.parametrize("variable", ["PORT", "TRACKING_PORT"])
def test_it_names_a_used_port_and_its_variable(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv("PORT", str(free_port()))
    monkeypatch.setenv("TRACKING_PORT", str(free_port()))
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv(variable, str(port))
        with pytest.raises(Failed, match=rf"^Port {port} is in use: stop .* make run {variable}=\d+$"):
            run.check_ports()


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_it_refuses_what_is_no_port(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(Failed, match=f"^PORT is '{port}', but a port is a number from 1 to 65535.$"):
        run.check_ports()


def test_it_refuses_a_second_run_in_the_same_folder(tmp_path: Path) -> None:
    with run.take(tmp_path) as lock:
        lock.seek(0)
        number = lock.read()
        with pytest.raises(Failed, match=rf"^Peyvand already runs in this folder \(process {number}\)\.$"):
            run.take(tmp_path)


def test_it_is_not_kept_out_by_a_dead_run(tmp_path: Path) -> None:
    (tmp_path / "run.lock").write_text("1")
    run.take(tmp_path).close()
