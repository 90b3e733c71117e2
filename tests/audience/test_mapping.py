"""Which column is which field: guessed from headers in six languages, and from what stands below."""

import pytest

from app.audience.mapping import (
    FULL_NAME,
    IGNORE,
    ColumnPlan,
    NewField,
    check_mapping,
    guess_mapping,
    split_full_name,
)
from app.audience.source import Cell
from app.audience.synonyms import fold, meaning_of
from app.models.fields import FieldInfo
from app.models.states import FieldType

FIELDS = (
    FieldInfo("email", "E-mail", FieldType.EMAIL, "email"),
    FieldInfo("first_name", "First name", FieldType.TEXT, "first_name"),
    FieldInfo("last_name", "Last name", FieldType.TEXT, "last_name"),
    FieldInfo("company", "Company", FieldType.TEXT, "company"),
    FieldInfo("phone", "Phone", FieldType.PHONE, "phone"),
    FieldInfo("postal_code", "Postal code", FieldType.TEXT, "postal_code"),
    FieldInfo("city", "City", FieldType.TEXT, "city"),
    FieldInfo("country", "Country", FieldType.COUNTRY, "country"),
    FieldInfo("language", "Language", FieldType.LANGUAGE, "language"),
    FieldInfo("cf_flower", "Favourite flower", FieldType.TEXT, "cf_flower"),
)


def targets(header: str, *rows: tuple[Cell, ...]) -> list[object]:
    """What becomes of the columns of *header*, names parted by |."""
    return [plan.target for plan in guess_mapping(header.split("|"), rows, FIELDS).columns]


@pytest.mark.parametrize(
    "header",
    [
        "First name|Last name|E-mail|City|Country",
        "firstName|lastName|EmailAddress|city|country",
        "FIRST_NAME|LAST_NAME|EMAIL|TOWN|COUNTRY",
        "Vorname|Nachname|E-Mail-Adresse|Ort|Land",
        "Prénom|Nom|Courriel|Ville|Pays",
        "Nombre|Apellidos|Correo electrónico|Ciudad|País",
        "Nome|Cognome|Indirizzo e-mail|Città|Paese",
        "Voornaam|Achternaam|E-mailadres|Woonplaats|Land",
        "Vorname|Name|Mail|Stadt|Staat",
        " vorname: |Familienname|eMail|Wohnort|LAND",
    ],
)
def test_headers_are_understood_in_six_languages(header: str) -> None:
    row = ("Anna", "Berger", "anna@example.com", "Bonn", "Germany")
    assert targets(header, row) == ["first_name", "last_name", "email", "city", "country"]


def test_column_of_addresses_is_the_email_without_any_header() -> None:
    assert targets("Column A|Column B", ("Anna", "anna@example.com"))[1] == "email"


def test_content_counts_more_than_a_header() -> None:
    assert targets("Mail|Contact", ("yes", "anna@example.com"), ("no", "b@example.com")) == [
        NewField("Mail", FieldType.YES_NO),
        "email",
    ]
    assert targets("City|E-mail", ("a@example.com", None), ("b@example.com", None))[0] != "city"


def test_only_one_column_is_the_email() -> None:
    rows = [("a@example.com", "x@example.com"), ("b@example.com", None)]
    assert targets("E-mail|Second e-mail", *rows) == ["email", NewField("Second e-mail", FieldType.TEXT)]
    assert targets("Second e-mail|E-mail", *rows) == [NewField("Second e-mail", FieldType.TEXT), "email"]


def test_column_of_full_names_is_to_be_split() -> None:
    assert targets("Name|E-mail", ("Anna Berger", "a@example.com")) == [FULL_NAME, "email"]


@pytest.mark.parametrize("header", ["Name|Vorname|E-mail", "Vorname|Name|E-mail"])
def test_name_beside_first_name_is_the_last_name(header: str) -> None:
    assert set(targets(header, ("Berger", "Anna", "a@example.com"))) == {"first_name", "last_name", "email"}


def test_name_beside_both_parts_is_left_out() -> None:
    row = ("Anna", "Berger", "Anna Berger", "a@example.com")
    assert targets("First name|Last name|Name|E-mail", row) == ["first_name", "last_name", IGNORE, "email"]


def test_fields_of_the_user_are_recognised_by_label() -> None:
    assert targets("favourite  FLOWER|E-mail", ("Rose", "a@example.com"))[0] == "cf_flower"


def test_unknown_columns_become_new_fields_of_their_kind_and_empty_ones_nothing() -> None:
    row = ("a@example.com", "3.4.2020", 5, "ja", None)
    assert targets("E-mail|Customer since|Sales|Club|Empty", row)[1:] == [
        NewField("Customer since", FieldType.DATE),
        NewField("Sales", FieldType.NUMBER),
        NewField("Club", FieldType.YES_NO),
        IGNORE,
    ]


def test_confidence_is_full_where_header_and_cells_agree() -> None:
    plans = guess_mapping(["E-mail", "Column B"], [("a@example.com", "x")], FIELDS).columns
    assert plans[0] == ColumnPlan(0, "E-mail", "email", 1.0)
    assert plans[1].confidence < 0.5


def test_no_addresses_are_a_problem_with_a_sentence() -> None:
    mapping = guess_mapping(["Name", "City"], [("Anna", "Bonn")], FIELDS)
    assert [str(problem) for problem in mapping.problems] == [
        "No column looks like e-mail addresses. Choose it by hand."
    ]
    assert mapping.email_index is None


def test_good_mapping_has_no_problem() -> None:
    mapping = guess_mapping(["Name", "E-mail"], [("Anna", "a@example.com")], FIELDS)
    assert mapping.problems == ()
    assert mapping.email_index == 1


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        (("email", "email"), "“A” and “B” both go to “email”."),
        (("email", "city", "city"), "“B” and “C” both go to “city”."),
        (
            ("email", NewField("Club", FieldType.TEXT), NewField("Club", FieldType.TEXT)),
            "“B” and “C” both go to “Club”.",
        ),
        (("email", FULL_NAME, "last_name"), "A full name would overwrite the first or last name."),
        ((IGNORE, IGNORE), "No column looks like e-mail addresses."),
    ],
)
def test_choices_that_contradict_each_other_are_named(chosen: tuple[str, ...], sentence: str) -> None:
    plans = [ColumnPlan(index, "ABC"[index], target, 1.0) for index, target in enumerate(chosen)]
    assert [problem.title for problem in check_mapping(plans)] == [sentence]


def test_several_columns_may_be_left_out() -> None:
    assert (
        check_mapping([ColumnPlan(0, "A", "email", 1), ColumnPlan(1, "B", IGNORE, 1), ColumnPlan(2, "C", IGNORE, 1)])
        == ()
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Anna Berger", ("Anna", "Berger")),
        ("Berger, Anna", ("Anna", "Berger")),
        ("  Anna   Maria  Berger ", ("Anna Maria", "Berger")),
        ("Dr. Anna Berger", ("Anna", "Berger")),
        ("Herr Prof. Dr. Max Planck", ("Max", "Planck")),
        ("Berger, Dr. Anna", ("Anna", "Berger")),
        ("Ludwig van Beethoven", ("Ludwig", "van Beethoven")),
        ("María José de la Cruz", ("María José", "de la Cruz")),
        ("Cher", ("Cher", "")),
        ("Berger,", ("Berger", "")),
        ("", ("", "")),
        ("山田 花子", ("山田", "花子")),
    ],
)
def test_full_names_come_apart(text: str, parts: tuple[str, str]) -> None:
    assert split_full_name(text) == parts


@pytest.mark.parametrize(
    ("header", "folded"),
    [("E-Mail-Adresse:", "e mail adresse"), ("PRÉNOM", "prenom"), ("Straße", "strasse"), ("firstName", "first name")],
)
def test_headers_are_compared_without_case_accents_and_marks(header: str, folded: str) -> None:
    assert fold(header) == folded


def test_header_that_names_nothing_means_nothing() -> None:
    assert meaning_of("Kundennummer") is None
    assert meaning_of("") is None
