import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.edge.clickid import CONSENTS, LENGTH, BadClickId, ClickId, Keys, MalformedClickId, read, sign

KEYS = Keys.of("2:a-new-secret-of-the-operator,1:an-old-secret-of-the-operator", "the secret key")
U48 = st.integers(0, 2**48 - 1)
CLICKS = st.builds(
    ClickId,
    U48,
    U48,
    st.one_of(st.none(), st.integers(1, 2**48 - 1)),
    U48,
    st.integers(0, 2**64 - 1),
    st.sampled_from(CONSENTS),
)
CLICK = ClickId(1, 2, 3, 1_795_300_000_000, 2**63 + 5, "granted")


@given(CLICKS)
def test_what_was_signed_is_read_again(click: ClickId) -> None:
    text = sign(KEYS, click)
    assert read(KEYS, text) == click
    assert len(text) == LENGTH == 70


@given(CLICKS, st.integers(0, 69), st.integers(1, 127))
def test_no_character_of_it_can_be_changed(click: ClickId, place: int, turn: int) -> None:
    text = sign(KEYS, click)
    changed = text[:place] + chr((ord(text[place]) + turn) % 128) + text[place + 1 :]
    if changed != text:
        with pytest.raises(BadClickId):
            read(KEYS, changed)


@given(st.text(max_size=100))
def test_other_text_is_malformed(text: str) -> None:
    with pytest.raises(MalformedClickId):
        read(KEYS, text)


def test_the_nonce_is_stored_with_a_sign() -> None:
    assert CLICK.signed_nonce == 5 - 2**63
    assert CLICK._replace(nonce=5).signed_nonce == 5


def test_old_keys_verify_what_they_signed_and_the_first_signs() -> None:
    old = Keys.of("1:an-old-secret-of-the-operator", "the secret key")
    assert read(KEYS, sign(old, CLICK)) == CLICK
    with pytest.raises(BadClickId):
        read(old, sign(KEYS, CLICK))


def test_ids_signed_before_the_operator_had_keys_stay_valid() -> None:
    derived = Keys.of("", "the secret key")
    assert read(KEYS, sign(derived, CLICK)) == CLICK


def test_a_replaced_secret_key_stays_valid_as_a_fallback() -> None:
    text = sign(Keys.of("", "before"), CLICK)
    assert read(Keys.of("", "after", "before"), text) == CLICK
    with pytest.raises(BadClickId):
        read(Keys.of("", "after"), text)


@pytest.mark.parametrize(
    "text", ["x", "1", "1:short", "0:a-secret-that-is-long-enough", "200:a-secret-that-is-long-enough"]
)
def test_keys_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="CLICK_KEYS"):
        Keys.of(text, "secret")
