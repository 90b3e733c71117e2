import re

import pytest

from app.content.check import Severity, check_template
from app.content.merge import fields_used
from app.content.preview import preview
from app.content.starters import StarterTemplate, starter_templates

MAX_HTML = 80_000
each_starter = pytest.mark.parametrize("starter", starter_templates(), ids=lambda starter: starter.key)


def test_there_are_six_designs_with_names_of_their_own():
    starters = starter_templates()

    assert [starter.key for starter in starters] == [
        "newsletter",
        "offer",
        "invitation",
        "announcement",
        "welcome",
        "letter",
    ]
    assert len({starter.name for starter in starters}) == len(starters)
    assert all(starter.description and starter.subject for starter in starters)


@each_starter
def test_a_starter_has_no_fault_but_the_link_to_be_filled_in(starter: StarterTemplate):
    findings = check_template(starter.mjml, starter.subject, known_fields=["first_name"])

    assert {(finding.severity, "placeholder" in finding.message) for finding in findings} == {(Severity.WARNING, True)}


@each_starter
def test_a_starter_greets_and_closes_lawfully(starter: StarterTemplate):
    assert {"first_name", "organisation", "postal_address", "unsubscribe_url"} <= fields_used(starter.mjml)


@each_starter
def test_a_starter_reads_well_without_a_first_name(starter: StarterTemplate):
    shown = preview(starter.mjml, {}, subject=starter.subject, organisation="Grün", postal_address="1 Mill Lane")

    assert shown.missing <= {"first_name"}
    assert not re.search(r" ,|\( |^,", shown.text, re.MULTILINE)
    assert "None" not in shown.html


@each_starter
def test_a_starter_is_small_loads_nothing_and_knows_the_dark(starter: StarterTemplate):
    shown = preview(starter.mjml, {}, subject=starter.subject)

    assert len(shown.html) <= MAX_HTML
    assert not re.search(r"<img|url\(|@import|<link", shown.html)
    assert 'name="color-scheme" content="light dark"' in shown.html
    assert "prefers-color-scheme: dark" in shown.html
