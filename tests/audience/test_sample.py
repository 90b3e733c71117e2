"""The sample list has everything a first try should meet, and both files hold the same."""

import re
from pathlib import Path

import pytest

from app.audience.addresses import BadAddress, normalise
from app.audience.mapping import guess_mapping
from app.audience.tabular import Table, open_table
from app.audience.values import as_text
from app.models.fields import BUILT_IN_FIELDS
from tools.make_sample import HEADER, main

FOLDER = Path(__file__).parents[2] / "resources" / "sample"


@pytest.fixture(params=["contacts.xlsx", "contacts.csv"])
def table(request: pytest.FixtureRequest) -> Table:
    return open_table(FOLDER / request.param)


def test_it_is_what_its_script_makes(tmp_path: Path, table: Table) -> None:
    main(tmp_path)
    made = open_table(tmp_path / table.path.name)
    assert list(made.rows()) == list(table.rows())
    assert made.header == table.header == HEADER


def test_both_files_hold_the_same() -> None:
    book, text = (open_table(FOLDER / name) for name in ("contacts.xlsx", "contacts.csv"))
    assert [(row.number, [as_text(cell) for cell in row.cells]) for row in book.rows()] == [
        (row.number, [as_text(cell) for cell in row.cells]) for row in text.rows()
    ]


def test_it_has_what_real_lists_have(table: Table) -> None:
    good: list[str] = []
    reasons: list[str] = []
    for row in table.rows():
        try:
            good.append(normalise(as_text(row.cells[0])))
        except BadAddress as error:
            reasons.append(error.title)
    assert len(good) + len(reasons) == 242
    assert len(good) - len(set(good)) == 3
    assert sum(reason.startswith("Two addresses") for reason in reasons) == 1
    assert len(reasons) == 5 + 1
    assert not any(address.startswith(("bounce", "full")) for address in good), "the practice server accepts them all"
    assert "unsubscribed" in {row.cells[-1] for row in table.rows()}
    numbers = [row.number for row in table.rows()]
    assert numbers[-1] - numbers[0] + 1 - len(numbers) == 3, "three empty rows"


def test_all_its_domains_are_reserved_for_examples(table: Table) -> None:
    domains = set(re.findall(r"@([^\s;>]+)", " ".join(as_text(row.cells[0]).lower() for row in table.rows())))
    assert all(re.search(r"(^|\.)example(\.(com|org|net))?$", domain.lstrip("@")) for domain in domains), domains


def test_its_columns_are_recognised(table: Table) -> None:
    mapping = guess_mapping(table.header, table.sample, BUILT_IN_FIELDS)
    assert mapping.problems == ()
    assert mapping.email_index == 0
