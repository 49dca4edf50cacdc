"""HTTP/1.1 as it comes over the wire: in pieces, ahead of its turn, broken, slow."""

import re
import socket
import time
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from redis import Redis

from tests.live import Process
from tests.tracking.edge.scene import LANDING
from tests.tracking.edge.wire import events, exchange

CLICK = b"GET /c/shopLink1?sub1=%d HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0\r\n\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def connected(edge: Process, timeout: float = 15.0) -> socket.socket:
    parts = urlsplit(edge.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=timeout)


def heard(connection: socket.socket, until: Callable[[bytes], bool] = lambda _: False) -> bytes:
    """All that comes, until it is enough or the other side has closed."""
    found = b""
    while not until(found):
        chunk = connection.recv(65536)
        if not chunk:
            break
        found += chunk
    return found


def test_requests_ahead_of_their_turn_are_answered_in_order(tracking: Process, redis: Redis) -> None:
    """Some at once, some after a wait, one with a body: a hundred in one piece."""
    body = b"token=none"
    post = b"POST /postback HTTP/1.1\r\nHost: 127.0.0.1\r\n%bContent-Length: %d\r\n\r\n%b" % (FORM, len(body), body)
    missing = b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with closing(connected(tracking)) as connection:
        connection.sendall(b"".join(CLICK % n + missing + post for n in range(100)))
        answers = heard(connection, lambda data: data.count(b"HTTP/1.1 ") >= 300 and data.endswith(b"}"))
    statuses = [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"302", b"404", b"401"] * 100
    assert [event["subs"] for event in events(redis)] == [[str(n)] for n in range(100)]


def test_a_request_in_single_bytes(tracking: Process) -> None:
    with closing(connected(tracking)) as connection:
        for byte in CLICK % 1:
            connection.sendall(bytes([byte]))
        assert heard(connection, lambda data: b"\r\n\r\n" in data).startswith(b"HTTP/1.1 302 Found\r\n")


def test_a_body_in_chunks_with_a_trailer(tracking: Process) -> None:
    head = b"POST /postback HTTP/1.1\r\nHost: 127.0.0.1\r\n%bTransfer-Encoding: chunked\r\n\r\n" % FORM
    with closing(connected(tracking)) as connection:
        connection.sendall(head + b"5\r\ntoken\r\n")
        time.sleep(0.1)
        connection.sendall(b"5\r\n=none\r\n0\r\nX-Late: 1\r\n\r\n" + CLICK % 1)
        answers = heard(connection, lambda data: data.count(b"HTTP/1.1 ") == 2 and data.endswith(b"\r\n\r\n"))
    assert b'"bad_token"' in answers
    assert b"HTTP/1.1 302 Found" in answers


def test_a_client_that_asks_first_is_told_to_go_on(tracking: Process) -> None:
    head = b"POST /postback HTTP/1.1\r\nHost: 127.0.0.1\r\n%bExpect: 100-continue\r\nContent-Length: 10\r\n\r\n" % FORM
    with closing(connected(tracking)) as connection:
        connection.sendall(head)
        assert heard(connection, lambda data: data.endswith(b"\r\n\r\n")) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"token=none")
        assert heard(connection, lambda data: b"bad_token" in data).startswith(b"HTTP/1.1 401 ")


def test_a_client_that_asks_first_is_told_no_before_it_sends(tracking: Process) -> None:
    head = (
        b"POST /postback HTTP/1.1\r\nHost: 127.0.0.1\r\n%bExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n" % FORM
    )
    with closing(connected(tracking)) as connection:
        connection.sendall(head)
        answer = heard(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


def test_an_answer_that_comes_before_the_body_reaches_a_client_that_still_writes(tracking: Process) -> None:
    head = b"POST /postback HTTP/1.1\r\nHost: 127.0.0.1\r\n%bContent-Length: 5000000\r\n\r\n" % FORM
    with closing(connected(tracking)) as connection:
        connection.sendall(head + b"a" * 300_000)
        answer = heard(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"too_large"' in answer


def drip(connection: socket.socket) -> None:
    for _ in range(1000):
        connection.sendall(b"X-More: %b\r\n" % (b"a" * 1000))
        time.sleep(0.005)


def test_heads_that_never_end_are_ended(tracking: Process) -> None:
    with closing(connected(tracking)) as connection:
        connection.sendall(b"GET /c/shopLink1 HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            drip(connection)


def test_a_head_has_ten_seconds(tracking: Process) -> None:
    """However busily its bytes drip."""
    with closing(connected(tracking)) as connection:
        start = time.monotonic()
        connection.settimeout(0.2)
        connection.sendall(b"GET /c/shopLink1 HTTP/1.1\r\nX-Slow: ")
        answer = b""
        while time.monotonic() < start + 14 and not answer:
            connection.sendall(b"a")
            try:
                answer = connection.recv(65536)
            except TimeoutError:
                continue
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert 9 < time.monotonic() - start < 13


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /c/shopLink1\r\n\r\n",
        b"GET /c/shopLink1 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /postback HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"GET /c/shopLink1 HTTP/1.1\r\nHo st: 127.0.0.1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_400_and_the_end(tracking: Process, data: bytes) -> None:
    with closing(connected(tracking)) as connection:
        connection.sendall(data)
        answer = heard(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in answer


@pytest.mark.parametrize(
    "data",
    [
        b"GET http://127.0.0.1/c/shopLink1?sub1=a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /c/shopLink1?sub1=a HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"GET /c/shopLink1?sub1=a HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n",
    ],
)
def test_a_visitor_with_an_odd_client_arrives_all_the_same(tracking: Process, redis: Redis, data: bytes) -> None:
    status, headers, _ = exchange(tracking.url, data)
    assert (status, headers["location"].startswith(LANDING)) == (302, True)
    assert [event["subs"] for event in events(redis)] == [["a"]]


def test_a_client_that_has_said_all_may_still_listen(tracking: Process, redis: Redis) -> None:
    with closing(connected(tracking)) as connection:
        connection.sendall(CLICK % 7)
        connection.shutdown(socket.SHUT_WR)
        answer = heard(connection)
    assert answer.startswith(b"HTTP/1.1 302 Found\r\n")
    assert len(events(redis)) == 1


def test_all_that_was_said_before_the_end_is_answered(tracking: Process) -> None:
    """The second of them has to wait for its turn."""
    with closing(connected(tracking)) as connection:
        connection.sendall(b"".join(CLICK % n for n in range(5)))
        connection.shutdown(socket.SHUT_WR)
        answers = heard(connection)
    assert answers.count(b"HTTP/1.1 302 Found\r\n") == 5


def test_what_came_before_nonsense_is_answered(tracking: Process) -> None:
    with closing(connected(tracking)) as connection:
        connection.sendall(CLICK % 1 + CLICK % 2 + b"nonsense\r\n\r\n")
        answers = heard(connection)
    assert answers.count(b"HTTP/1.1 302 Found\r\n") == 2


def pushed(connection: socket.socket, data: bytes, most: int) -> int:
    """How many bytes go until nothing goes for two seconds."""
    connection.settimeout(2)
    sent = 0
    while sent < most:
        try:
            sent += connection.send(data)
        except TimeoutError:
            break
    return sent


def test_who_reads_no_answers_is_not_read_any_more(tracking: Process) -> None:
    """Answers are made when there is somebody to take them: some megabytes wait in the kernel, no thousands of pages here."""
    asked = b"GET /tag.js HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Pad: %b\r\n\r\n" % (b"a" * 7000)
    with closing(connected(tracking)) as connection:
        sent = pushed(connection, asked * 10, 64 * 2**20)
        assert sent < 32 * 2**20
        connection.settimeout(15)
        connection.shutdown(socket.SHUT_WR)
        answers = 0
        while chunk := connection.recv(2**20):
            answers += chunk.count(b"HTTP/1.1 200 OK")
    assert sent // len(asked) - 5 <= answers <= sent // len(asked)  # one may be cut between two chunks


def test_answers_have_a_date_and_a_length_and_heads_no_body(tracking: Process) -> None:
    asked = b"%b /tag.js HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with closing(connected(tracking)) as connection:
        connection.sendall(asked % b"GET")
        head, _, body = heard(connection).partition(b"\r\n\r\n")
    assert b"\r\ncontent-length: %d\r\n" % len(body) in head
    assert re.search(rb"\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n", head)
    with closing(connected(tracking)) as connection:
        connection.sendall(asked % b"HEAD")
        same, _, rest = heard(connection).partition(b"\r\n\r\n")
    assert b"\r\ncontent-length: %d\r\n" % len(body) in same
    assert rest == b""
