from pathlib import Path

import pytest

from app.audience import contacts, fields, suppression
from app.audience.contacts import ContactQuery, MailStatus
from app.audience.export import export_contacts
from app.audience.importer import run_import
from app.audience.proposal import plan_import
from app.audience.statuses import Standing, standing_of
from app.models.states import FieldType, LawfulBasis, SuppressionReason
from app.models.workspace import Workspace
from tests.audience.people import a_contact, a_csv


def statuses_after_import(workspace: Workspace, path: Path) -> list[MailStatus]:
    """Of all contacts, by address, once *path* was imported as it suggests itself."""
    run_import(workspace, plan_import(workspace, path, basis=LawfulBasis.CONSENT))
    found = contacts.ids(workspace, ContactQuery())
    return [row.status for row in contacts.page(workspace, found, [])]


@pytest.mark.parametrize(
    ("header", "refusing", "allowing"),
    [
        ("Unsubscribed", "yes", "no"),
        ("Unsubscribed at", "2024-05-01 10:00", ""),
        ("UNSUB_TIME", "2024-05-01 10:00", ""),
        ("Email Opt Out", "1", "0"),
        ("HasOptedOutOfEmail", "TRUE", "FALSE"),
        ("Unsubscribed from all email", "true", "false"),
        ("Abgemeldet", "ja", "nein"),
        ("Abgemeldet am", "01.05.2024", "-"),
        ("Unsubscribed", "unsubscribed", "subscribed"),
        ("Accepts Email Marketing", "no", "yes"),
        ("Email Marketing Consent", "NEVER_SUBSCRIBED", "SUBSCRIBED"),
        ("Newsletter", "nein", "ja"),
        ("Opted In", "denied", "granted"),
    ],
)
def test_nobody_who_refused_elsewhere_can_be_mailed(
    workspace: Workspace, tmp_path: Path, header: str, refusing: str, allowing: str
) -> None:
    path = a_csv(tmp_path / "a.csv", ["E-mail", header], [["a@x.org", refusing], ["b@x.org", allowing]])
    refused, allowed = statuses_after_import(workspace, path)
    assert refused in {MailStatus.UNSUBSCRIBED, MailStatus.NO_PERMISSION}
    assert allowed is MailStatus.MAILABLE


def test_a_refusal_far_down_a_column_that_begins_empty_counts(workspace: Workspace, tmp_path: Path) -> None:
    rows = [[f"a{number:03}@x.org", ""] for number in range(100)] + [["z@x.org", "2024-05-01"]]
    found = statuses_after_import(workspace, a_csv(tmp_path / "a.csv", ["E-mail", "Unsubscribed at"], rows))
    assert found == [MailStatus.MAILABLE] * 100 + [MailStatus.UNSUBSCRIBED]


def test_of_several_columns_the_worst_word_counts(workspace: Workspace, tmp_path: Path) -> None:
    header = ["E-mail", "Status", "Unsubscribed", "Bounced"]
    rows = [
        ["a@x.org", "active", "no", "no"],
        ["b@x.org", "active", "yes", "no"],
        ["c@x.org", "active", "no", "yes"],
        ["d@x.org", "unsubscribed", "no", "yes"],
    ]
    assert statuses_after_import(workspace, a_csv(tmp_path / "a.csv", header, rows)) == [
        MailStatus.MAILABLE,
        MailStatus.UNSUBSCRIBED,
        MailStatus.BOUNCED,
        MailStatus.UNSUBSCRIBED,
    ]


def test_the_same_word_means_its_opposite_below_a_refusal() -> None:
    assert standing_of("yes", "Newsletter") is Standing.MAY_BE_MAILED
    assert standing_of("yes", "Opt-out") is Standing.UNSUBSCRIBED
    assert standing_of("no", "Newsletter") is Standing.UNSUBSCRIBED
    assert standing_of("no", "Opt-out") is Standing.MAY_BE_MAILED
    assert standing_of("x", "Nicht anschreiben") is Standing.MANUAL
    assert standing_of("-", "Opt-out") is Standing.MAY_BE_MAILED


def test_an_export_brings_the_status_home_although_a_field_has_its_name(workspace: Workspace, tmp_path: Path) -> None:
    key = fields.add_field(workspace, "Status", FieldType.TEXT).key
    a_contact(workspace, "a@x.org", **{key: "VIP"})
    suppression.suppress(workspace, ["a@x.org"], SuppressionReason.UNSUBSCRIBED, "Link")
    export_contacts(workspace, tmp_path / "out.csv", ContactQuery())
    other = Workspace.create(tmp_path / "other.mailspace", workspace.key, organisation="Other")
    assert statuses_after_import(other, tmp_path / "out.csv") == [MailStatus.UNSUBSCRIBED]
    assert contacts.get(other, 1).values[key] == "VIP"
    other.close()


def test_a_full_name_is_proposed_only_where_both_of_its_fields_are(workspace: Workspace, tmp_path: Path) -> None:
    fields.delete_field(workspace, "first_name")
    path = a_csv(tmp_path / "a.csv", ["E-mail", "Name"], [["a@x.org", "Anna Berger"]])
    assert run_import(workspace, plan_import(workspace, path)).new == 1
    assert [field.label for field in fields.list_fields(workspace)][-1] == "Name"
