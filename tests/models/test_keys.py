import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UserFacingError
from app.models.keys import BadRecoveryKey, WorkspaceKey

keys = st.binary(min_size=32, max_size=32).map(WorkspaceKey)


@given(keys)
def test_the_recovery_text_gives_the_key_back(key: WorkspaceKey) -> None:
    text = key.recovery_text()
    assert WorkspaceKey.from_recovery_text(f"  {text.lower().replace('-', ' ')}\n") == key


@given(keys, st.integers(0, 55), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_one_mistyped_letter_is_noticed(key: WorkspaceKey, position: int, letter: str) -> None:
    letters = key.recovery_text().replace("-", "")
    if letters[position] == letter:
        return
    with pytest.raises(BadRecoveryKey):
        WorkspaceKey.from_recovery_text(letters[:position] + letter + letters[position + 1 :])


@pytest.mark.parametrize("text", ["", "hello", "ABCD-EFGH", "1" * 56, "ß" * 56])
def test_what_is_no_recovery_key_is_refused(text: str) -> None:
    with pytest.raises(BadRecoveryKey, match="14 groups of four"):
        WorkspaceKey.from_recovery_text(text)


@given(keys, st.text())
def test_a_sealed_secret_comes_back_with_the_same_key_only(key: WorkspaceKey, secret: str) -> None:
    sealed = key.seal(secret)
    assert key.unseal(sealed) == secret
    with pytest.raises(UserFacingError, match="cannot be read"):
        WorkspaceKey.generate().unseal(sealed)


def test_a_key_does_not_show_itself(key: WorkspaceKey) -> None:
    assert key.recovery_text() not in f"{key!r} {key} {[key]}"
    assert bytes(range(32)).hex() not in repr(key)
