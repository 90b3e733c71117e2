"""Every address comes down to one form, or to one plain reason why it is none."""

import unicodedata

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from app.audience.addresses import BadAddress, normalise, to_ascii_domain, typo_suggestion
from app.audience.typos import corrected_domain

ATOMS = st.text("abzAZ019.!#$%&'*+-/=?^_`{|}~üßé\u0301İK ", min_size=0, max_size=12)
LABELS = st.text("abzAZ019-üßéıλ.", min_size=0, max_size=10)
TOPS = st.sampled_from(["de", "com", "c", "test", "local", "arpa", "museum", "d3", "рф", "xn--p1ai", "co.uk", ""])
ADDRESSES = st.builds(lambda local, label, top: f"{local}@{label}.{top}", ATOMS, LABELS, TOPS)
LONG = st.builds(lambda local, label: f"{'a' * local}@{'b' * label}.de", st.integers(1, 260), st.integers(1, 70))
WRAPPED = st.builds("{}{}{}".format, st.sampled_from(["", " ", "<", "mailto:", "\u200b", "'"]), ADDRESSES, st.just(""))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("anna@example.com", "anna@example.com"),
        ("Anna.Berger@EXAMPLE.com", "anna.berger@example.com"),
        ("  anna@example.com\r\n", "anna@example.com"),
        ("\u00a0anna@example.com\u00a0", "anna@example.com"),
        ("\ufeffan\u200bna@exam\u00adple.com\u202c", "anna@example.com"),
        ("anna@example.com;", "anna@example.com"),
        ("anna@example.com,", "anna@example.com"),
        ("anna@example.com.", "anna@example.com"),
        ("Anna Berger <Anna@Example.com>", "anna@example.com"),
        ('"Berger, Anna" <anna@example.com>', "anna@example.com"),
        ("anna@example.com <anna@example.com>", "anna@example.com"),
        ("Anna@example.com <anna@Example.com>", "anna@example.com"),
        ("mailto:anna@example.com", "anna@example.com"),
        ("MAILTO:anna@example.com?subject=Hi", "anna@example.com"),
        ("'anna@example.com'", "anna@example.com"),
        ("'anna@example.com", "anna@example.com"),
        ("„anna@example.com“", "anna@example.com"),
        ("anna@xn--mnchen-3ya.de", "anna@münchen.de"),
        ("anna@MÜNCHEN.de", "anna@münchen.de"),
        ("jörg@example.com", "jörg@example.com"),
        ("jo\u0308rg@example.com", "jörg@example.com"),
        ("o'neill@example.ie", "o'neill@example.ie"),
        ("anna+shop@example.co.uk", "anna+shop@example.co.uk"),
    ],
)
def test_what_people_leave_around_an_address_is_forgiven(written: str, meant: str) -> None:
    assert normalise(written) == meant


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "The address is empty."),
        (" \u200b ", "The address is empty."),
        ("anna.example.com", "There is no @ sign."),
        ("anna@@example.com", "There is more than one @ sign."),
        ("anna@example@com.de", "There is more than one @ sign."),
        ("@example.com", "Nothing stands before the @ sign."),
        ("anna@", "Nothing stands after the @ sign."),
        ("anna berger@example.com", "There is a space inside."),
        ("anna@exam ple.com", "There is a space inside."),
        ("anna@example", "The part after @ is not a domain."),
        ("anna@example..com", "The part after @ is not a domain."),
        ("anna@-example.com", "The part after @ is not a domain."),
        ("anna@[127.0.0.1]", "The part after @ is not a domain."),
        ("anna@printer.local", "The part after @ is not a domain."),
        ("anna..b@example.com", "There is a dot too many before the @ sign."),
        (".anna@example.com", "There is a dot too many before the @ sign."),
        ("an(na@example.com", "The part before @ has a character that no address may have."),
        ("a" * 250 + "@example.com", "The address is too long."),
        ("anna@example.com, ben@example.com", "Two addresses in one cell: anna@example.com, ben@example.com"),
        ("anna@example.com / ben@example.com", "Two addresses in one cell: anna@example.com, ben@example.com"),
        ("anna@example.com\nben@example.com", "Two addresses in one cell: anna@example.com, ben@example.com"),
        ("A <a@example.com>; B <b@example.com>", "Two addresses in one cell: a@example.com, b@example.com"),
        ("a@x.de b@x.de c@x.de", "3 addresses in one cell: a@x.de, b@x.de, c@x.de"),
    ],
)
def test_what_is_wrong_inside_an_address_is_said_plainly(written: str, reason: str) -> None:
    with pytest.raises(BadAddress) as caught:
        normalise(written)
    assert caught.value.title == reason


@pytest.mark.parametrize("character", ["\r", "\n", "\r\n", "\0", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize(
    "place", ["an{}na@example.com", "anna{}@example.com", "anna@{}example.com", "anna@exa{}mple.de"]
)
def test_no_line_break_or_control_character_passes_inside(character: str, place: str) -> None:
    with pytest.raises(BadAddress):
        normalise(place.format(character))


def verdict(text: str) -> str | None:
    """What email-validator says of *text* in lower case."""
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
    try:
        return validate_email(lowered, check_deliverability=False, strict=True).normalized
    except EmailNotValidError:
        return None


def ours(text: str) -> str | None:
    try:
        return normalise(text)
    except BadAddress:
        return None


@settings(max_examples=1500, deadline=None)
@given(ADDRESSES | LONG)
@example("K@example.com")
@example("İ@example.com")
@example("ς@example.com")
@example("a@" + "b" * 64 + ".de")
@example("a@x.y--z.de")
@example("a@c_d.de")
def test_verdicts_are_those_of_email_validator(text: str) -> None:
    # What surrounds an address is ours to judge; with nothing around it, the library has the last word.
    assume(text == text.strip("' ."))
    assert ours(text) == verdict(text)


@settings(max_examples=1000, deadline=None)
@given(st.one_of(st.text(max_size=40), ADDRESSES, WRAPPED))
def test_what_passes_is_final_and_carries_nothing_invisible(text: str) -> None:
    address = ours(text)
    if address is not None:
        assert normalise(address) == address
        assert unicodedata.is_normalized("NFC", address)
        assert not any(unicodedata.category(character).startswith(("C", "Z")) for character in address)


def test_domain_takes_its_ascii_form_for_the_wire() -> None:
    assert to_ascii_domain("jörg@münchen.de") == "jörg@xn--mnchen-3ya.de"
    assert to_ascii_domain("anna@example.com") == "anna@example.com"


@settings(max_examples=300, deadline=None)
@given(ADDRESSES)
def test_every_address_that_passes_has_an_ascii_domain_that_leads_back(text: str) -> None:
    address = ours(text)
    if address is not None:
        assert normalise(to_ascii_domain(address)) == address


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("anna@gmial.com", "anna@gmail.com"),
        ("anna@hotmial.com", "anna@hotmail.com"),
        ("anna@gmx.ed", "anna@gmx.de"),
        ("anna@gmail.con", "anna@gmail.com"),
        ("anna@t-onlin.de", "anna@t-online.de"),
        ("anna@gmial.con", "anna@gmail.com"),
    ],
)
def test_known_misspellings_of_a_domain_are_noticed(written: str, meant: str) -> None:
    assert typo_suggestion(written) == meant


@pytest.mark.parametrize(
    "domain",
    ["gmail.com", "gmx.de", "gmx.net", "mail.com", "web.de", "hotmail.se", "yahoo.ca", "ymail.com", "example.com"],
)
def test_domains_that_exist_are_left_alone(domain: str) -> None:
    assert corrected_domain(domain) is None
