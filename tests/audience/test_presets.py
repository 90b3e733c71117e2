from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.audience import contacts, lists
from app.audience.contacts import ContactQuery, MailStatus
from app.audience.importer import ImportPlan, run_import
from app.audience.moments import parse_moment
from app.audience.presets import presets, recognise
from app.audience.proposal import plan_import
from app.models.states import LawfulBasis
from app.models.workspace import Workspace
from tests.audience.files import a_text_file, an_archive

MAILCHIMP = (
    '"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,'
    "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)
SUBSCRIBED = (
    f"{MAILCHIMP}\n"
    'ann@example.org,Ann,Berg,2,"2013-06-25 17:38:27",192.0.2.7,"2013-06-25 18:00:00",192.0.2.8,,,,,Europe/Berlin,DE,,'
    '"2013-06-27 12:11:50",1,a1,,"""VIP"",""Fair 2013"""\n'
)
CLEANED = "Email Address,First Name,Last Name,CLEAN_TIME,LEID,EUID\ncy@example.org,Cy,,2024-03-01 09:00:00,3,c3\n"
UNSUBSCRIBED = "Email Address,First Name,Last Name,UNSUB_TIME,LEID,EUID\nbo@example.org,Bo,,2024-02-01 09:00:00,2,b2\n"

# What each program's export says of three people: may be mailed, said no, bounced.
FILES = {
    "Brevo": (
        "CONTACT ID,EMAIL,FIRSTNAME,LASTNAME,SMS,EMAIL_BLACKLISTED\n1,ann@x.org,Ann,B,,false\n2,bo@x.org,Bo,,,true\n"
    ),
    "Constant Contact": (
        "Email address,First name,Last name,Email status,Email permission status,Confirmed Opt-Out Date,Source Name\n"
        "ann@x.org,Ann,B,Active,Explicit,,Website form\nbo@x.org,Bo,,Unsubscribed,Unsubscribed,2024-05-01,\n"
    ),
    "HubSpot": (
        "Record ID,First Name,Last Name,Email,Unsubscribed from all email,Email hard bounce reason\n"
        "1,Ann,B,ann@x.org,No,\n2,Bo,,bo@x.org,true,\n3,Cy,,cy@x.org,,UNKNOWN_USER\n"
    ),
    "Salesforce": (
        "Id,FirstName,LastName,Email,HasOptedOutOfEmail,EmailBouncedDate\n"
        "003A,Ann,B,ann@x.org,false,\n003B,Bo,,bo@x.org,true,\n003C,Cy,,cy@x.org,false,2024-01-01T10:00:00.000Z\n"
    ),
    "phpList": (
        "id\tEmail\tIs this subscriber confirmed\tIs this subscriber blacklisted\tentered\tList Membership\n"
        "1\tann@x.org\t1\t0\t2012-01-02 03:04:05\tnewsletter \n2\tbo@x.org\t1\t1\t2012-01-02 03:04:05\tnewsletter \n"
    ),
    "listmonk": (
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        '1,ann@x.org,Ann B,"{}",enabled,2020-05-12 11:22:33.12 +0200 CEST,\n2,bo@x.org,Bo,"{}",blocklisted,,\n'
    ),
    "Google Contacts": (
        "First Name,Middle Name,Last Name,Organization Name,Labels,E-mail 1 - Label,E-mail 1 - Value\n"
        "Ann,,B,Acme,* myContacts ::: Work,* Work,ann@x.org\n"
    ),
    "Outlook": (
        "Title,First Name,Middle Name,Last Name,Company,Business Street,E-mail Address,E-mail Type,Categories\n"
        ",Ann,,B,Acme,,ann@x.org,SMTP,Friends;Work\n"
    ),
}


def statuses(workspace: Workspace) -> dict[str, MailStatus]:
    ids = contacts.ids(workspace, ContactQuery())
    return {str((one := contacts.get(workspace, contact_id)).values["email"]): one.status for contact_id in ids}


def imported(workspace: Workspace, path: Path) -> ImportPlan:
    plan = plan_import(workspace, path, basis=LawfulBasis.CONSENT, source="Old newsletter")
    run_import(workspace, plan)
    return plan


@pytest.mark.parametrize("program", FILES)
def test_an_export_is_recognised_and_nobody_who_said_no_can_be_mailed(
    workspace: Workspace, tmp_path: Path, program: str
) -> None:
    path = a_text_file(tmp_path, FILES[program])
    header = FILES[program].splitlines()[0].replace("\t", ",").split(",")
    found = recognise(header)
    assert found is not None
    assert found.name == program
    imported(workspace, path)
    expected = {"ann@x.org": MailStatus.MAILABLE}
    if "bo@x.org" in FILES[program]:
        expected["bo@x.org"] = MailStatus.BLOCKED if program == "listmonk" else MailStatus.UNSUBSCRIBED
    if "cy@x.org" in FILES[program]:
        expected["cy@x.org"] = MailStatus.BOUNCED
    assert statuses(workspace) == expected
    ann = contacts.get(workspace, contacts.ids(workspace, ContactQuery(search="ann"))[0])
    assert (ann.values["first_name"], program == "phpList" or ann.values["last_name"]) in {("Ann", "B"), (None, True)}


def test_every_preset_names_its_source() -> None:
    assert all(preset.source.startswith("http") and preset.columns for preset in presets())


def test_a_mailchimp_archive_keeps_every_state_and_the_evidence(workspace: Workspace, tmp_path: Path) -> None:
    parts = {
        "subscribed_email_audience_export_1a.csv": SUBSCRIBED.encode(),
        "unsubscribed_email_audience_export_1a.csv": UNSUBSCRIBED.encode(),
        "cleaned_email_audience_export_1a.csv": CLEANED.encode(),
        "nonsubscribed_email_audience_export_1a.csv": (MAILCHIMP + "\ndi@example.org,Di" + "," * 18 + "\n").encode(),
    }
    imported(workspace, an_archive(tmp_path, parts, "audience.zip"))
    assert statuses(workspace) == {
        "ann@example.org": MailStatus.MAILABLE,
        "bo@example.org": MailStatus.UNSUBSCRIBED,
        "cy@example.org": MailStatus.BOUNCED,
        "di@example.org": MailStatus.NO_PERMISSION,
    }
    ann = contacts.get(workspace, contacts.ids(workspace, ContactQuery(search="ann"))[0])
    (evidence,) = ann.consents
    assert evidence.at == datetime(2013, 6, 25, 18, tzinfo=UTC)
    with workspace.read() as session:
        assert session.connection().exec_driver_sql(
            "SELECT DISTINCT ip FROM consent WHERE action = 'given'"
        ).scalars().all() == ["192.0.2.8"]
    assert [tag.name for tag in lists.all_tags(workspace)] == ["Fair 2013", "VIP"]


def test_the_name_of_a_file_of_the_unsubscribed_speaks_for_everybody_in_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = a_text_file(tmp_path, SUBSCRIBED, "unsubscribed_segment_export_6e2c.csv")
    imported(workspace, path)
    assert statuses(workspace) == {"ann@example.org": MailStatus.UNSUBSCRIBED}


def test_an_import_weakens_no_refusal(workspace: Workspace, tmp_path: Path) -> None:
    imported(workspace, a_text_file(tmp_path, UNSUBSCRIBED, "unsubscribed_x.csv"))
    said_yes = SUBSCRIBED.replace("ann@", "bo@")
    imported(workspace, a_text_file(tmp_path, said_yes, "subscribed_x.csv"))
    imported(workspace, a_text_file(tmp_path, CLEANED.replace("cy@", "bo@"), "cleaned_x.csv"))
    assert statuses(workspace) == {"bo@example.org": MailStatus.UNSUBSCRIBED}


def test_importing_the_evidence_again_adds_none(workspace: Workspace, tmp_path: Path) -> None:
    path = a_text_file(tmp_path, SUBSCRIBED, "subscribed_x.csv")
    plan = imported(workspace, path)
    run_import(workspace, replace(plan, tags=("again",)))
    ann = contacts.get(workspace, contacts.ids(workspace, ContactQuery())[0])
    assert len(ann.consents) == 1


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2013-06-25 17:38:27", datetime(2013, 6, 25, 17, 38, 27, tzinfo=UTC)),
        ("2024-01-01T10:00:00.000Z", datetime(2024, 1, 1, 10, tzinfo=UTC)),
        ("2020-05-12 11:22:33.12 +0200 CEST", datetime(2020, 5, 12, 9, 22, 33, tzinfo=UTC)),
        ("2020-05-12 11:22:33 +0000 +0000", datetime(2020, 5, 12, 11, 22, 33, tzinfo=UTC)),
        ("25.06.2013", datetime(2013, 6, 25, tzinfo=UTC)),
        ("6/25/2013 5:38 PM", datetime(2013, 6, 25, 17, 38, tzinfo=UTC)),
    ],
)
def test_moments_are_read_as_programs_write_them(text: str, moment: datetime) -> None:
    from app.audience.values import infer_hints

    assert parse_moment(text, infer_hints([text])) == round(moment.timestamp() * 1000)
