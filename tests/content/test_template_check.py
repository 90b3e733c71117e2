import pytest

from app.content.check import GMAIL_CLIP, Finding, Severity, check_template
from tests.content.builders import mjml

_COMPLETE = "<mj-text>{{ organisation }} {{ postal_address }} <a href='{{ unsubscribe_url }}'>bye</a></mj-text>"


def check(body: str = "", subject: str = "News", head: str = "") -> tuple[Finding, ...]:
    return check_template(mjml(body + _COMPLETE, head), subject, known_fields=["first_name", "city"])


def test_a_good_template_has_no_findings():
    body = "<mj-text>Hi {{ first_name }}, {{ today|date }}</mj-text><mj-image src='https://a.de/x.png' alt='' />"

    assert check(body, "News for {{ first_name }}") == ()


@pytest.mark.parametrize(
    ("body", "severity", "words"),
    [
        ("<mj-text>{{ frist_name }}</mj-text>", Severity.BLOCKER, 'no field "frist_name". Did you mean first_name?'),
        ("<mj-text>{{ First_Name }}</mj-text>", Severity.BLOCKER, "Did you mean first_name?"),
        ("<mj-text>{% if city %}</mj-text>", Severity.BLOCKER, '"{% if %}" is opened but never closed'),
        ("<mj-txt>A</mj-txt>", Severity.BLOCKER, "Did you mean <mj-text>?"),
        ("<mj-button href='javascript:alert(1)'>A</mj-button>", Severity.BLOCKER, "is a program"),
        ("<mj-text><a href=' Java&#9;Script:x'>A</a></mj-text>", Severity.BLOCKER, "is a program"),
        ("<mj-image src='https://a.de/x.png' />", Severity.WARNING, "no description"),
        ("<mj-text><img src='https://a.de/x.png' /></mj-text>", Severity.WARNING, "no description"),
        ("<mj-image alt='' src='http://a.de/x.png' />", Severity.WARNING, "http://"),
        ("<mj-image alt='' src='data:image/png;base64,AA' />", Severity.WARNING, "Gmail does not show"),
        ("<mj-image alt='' />", Severity.WARNING, "no source"),
        ("<mj-button href='https://www.example.org/'>A</mj-button>", Severity.WARNING, "placeholder"),
        ("<mj-button>A</mj-button>", Severity.WARNING, "leads nowhere"),
        ("<mj-text><iframe src='x'></iframe></mj-text>", Severity.WARNING, "does not work in mail"),
        ("<mj-social><mj-social-element name='x' href='https://x.de' /></mj-social>", Severity.HINT, "mailjet.com"),
    ],
)
def test_each_fault_is_found_on_its_line(body: str, severity: Severity, words: str):
    findings = check(body)

    assert [(finding.severity, finding.line) for finding in findings] == [(severity, 4)]
    assert words in findings[0].message


@pytest.mark.parametrize(
    ("subject", "severity", "words"),
    [
        ("", Severity.BLOCKER, "empty"),
        (" \n", Severity.BLOCKER, "empty"),
        ("a\nb", Severity.BLOCKER, "more than one line"),
        ("{{ frist_name }}", Severity.BLOCKER, "Did you mean first_name?"),
        ("{{ first name }}", Severity.BLOCKER, "In the subject: This merge field cannot be read."),
        ("Re: our talk", Severity.WARNING, "looks like an answer"),
        ("x" * 61, Severity.HINT, "61 characters"),
    ],
)
def test_each_fault_of_the_subject_is_found(subject: str, severity: Severity, words: str):
    findings = check(subject=subject)

    assert [finding.severity for finding in findings] == [severity]
    assert words in findings[0].message


def test_what_will_be_added_is_said():
    findings = check_template(mjml("<mj-text>A</mj-text>"), "News", known_fields=[])

    assert [finding.severity for finding in findings] == [Severity.HINT, Severity.HINT]
    assert "unsubscribe link" in findings[0].message
    assert "postal address" in findings[1].message


def test_a_mail_that_gmail_would_clip_is_a_warning():
    assert any("Gmail hides" in found.message for found in check(f"<mj-text>{'x' * GMAIL_CLIP}</mj-text>"))
    assert check(f"<mj-text>{'x' * (GMAIL_CLIP - 6000)}</mj-text>") == ()


def test_a_font_from_elsewhere_is_a_hint():
    findings = check(head="<mj-font name='Inter' href='https://fonts.example/inter' />")

    assert [finding.severity for finding in findings] == [Severity.HINT]


def test_the_worst_comes_first():
    findings = check("<mj-button>A</mj-button>\n<mj-text>{{ nothing }}</mj-text>", subject="x" * 61)

    assert [finding.severity for finding in findings] == [Severity.BLOCKER, Severity.WARNING, Severity.HINT]
