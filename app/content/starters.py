"""The designs a new message can start from."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[2] / "resources" / "templates"


@dataclass(frozen=True, slots=True)
class StarterTemplate:
    """A design of ours, with a text to be replaced. `key` names it for ever, in every version of the program."""

    key: str
    name: str
    description: str
    subject: str
    preheader: str
    mjml: str


@functools.cache
def starter_templates() -> tuple[StarterTemplate, ...]:
    """All starter templates, in the order to show them."""
    index = json.loads((TEMPLATES / "index.json").read_text(encoding="utf-8"))
    return tuple(
        StarterTemplate(**entry, mjml=(TEMPLATES / f"{entry['key']}.mjml").read_text(encoding="utf-8"))
        for entry in index
    )
