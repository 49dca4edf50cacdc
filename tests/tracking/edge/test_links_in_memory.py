"""The packed table of links behaves like a dict, whatever is done to it."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tracking.snapshot.packed import PackedLinks
from tracking.snapshot.records import Link, Row

CODES = st.integers(0, 40).map(lambda number: f"code{number}")
STEPS = st.lists(st.tuples(st.sampled_from(["put", "pop", "reload"]), CODES, st.integers(0, 2000)), max_size=200)


def row(code: str, size: int) -> Row:
    return (1, code, 7, None, "x" * size, ["a", "b"], False, "website", None)


@given(STEPS)
def test_it_holds_what_was_put_last(steps: list[tuple[str, str, int]]) -> None:
    links = PackedLinks()
    expected: dict[str, Row] = {}
    for step, code, size in steps:
        if step == "put":
            assert links.put(row(code, size)) == (expected.get(code) != row(code, size))
            expected[code] = row(code, size)
        elif step == "pop":
            links.pop(code)
            expected.pop(code, None)
        else:  # half of them come again
            links.begin_reload()
            kept = {name: value for name, value in expected.items() if int(name[4:]) % 2}
            for value in kept.values():
                links.put(value)
            assert set(links.end_reload()) == expected.keys() - kept.keys()
            expected = kept
        assert len(links) == len(expected)
    for number in range(41):
        found, code = links.get(f"code{number}"), f"code{number}"
        assert (found and found.destination) == (expected[code][4] if code in expected else None)
    records = [orjson.loads(record) for records in links.records() for record in records]
    assert {value[1]: value for value in records} == {code: [*value] for code, value in expected.items()}


def test_many_fit_and_gaps_are_closed() -> None:
    links = PackedLinks()
    for turn in range(4):
        for number in range(20_000):
            links.put(row(f"code{number}", turn))
    assert len(links) == 20_000
    assert len(links.get("code19999").subs) == 2  # type: ignore[union-attr]
    assert isinstance(links.get("code0"), Link)
    assert sum(map(len, links._segments)) < 20_000 * 75 * 2.2
