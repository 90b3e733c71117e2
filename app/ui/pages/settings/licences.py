"""What the program is made of, and under which licences: read from the installed packages themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from app.paths import resources

_OURS = resources().parent / "LICENSE"


@dataclass(frozen=True)
class Licence:
    """
    Attributes:
        text: The licence in full where it comes with the part; else empty.
    """

    part: str
    version: str
    name: str
    text: str = ""


def read_licences() -> list[Licence]:
    """This program's own licence, then its parts by name."""
    shipped = [
        Licence("Inter", "", "OFL-1.1", _text("fonts", "OFL.txt")),
        Licence("Lucide", "", "ISC", _text("icons", "LICENSE")),
    ]
    packages = [_of(distribution) for distribution in metadata.distributions()]
    parts = {part.part.lower(): part for part in [*packages, *shipped] if part.part}
    own = Licence("Mass Mail Dispatcher", "", "MIT", _OURS.read_text(encoding="utf-8") if _OURS.is_file() else "")
    return [own, *(parts[name] for name in sorted(parts))]


def _of(distribution: metadata.Distribution) -> Licence:
    known = distribution.metadata.json
    name = known.get("license_expression") or _classified(known.get("classifier", [])) or known.get("license") or ""
    first_line = "".join(str(name).strip().splitlines()[:1])[:60]
    return Licence(str(known.get("name", "")), distribution.version, first_line, "\n\n".join(_texts(distribution)))


def _texts(distribution: metadata.Distribution) -> Iterator[str]:
    for path in distribution.files or []:
        place = Path(str(path.locate()))
        if path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")) and place.is_file():
            yield place.read_text(encoding="utf-8", errors="replace")


def _classified(classifiers: str | list[str]) -> str:
    names = [entry.rpartition(" :: ")[2] for entry in classifiers if entry.startswith("License ::")]
    return ", ".join(names)


def _text(*place: str) -> str:
    return resources().joinpath(*place).read_text(encoding="utf-8")
