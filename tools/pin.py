"""Write the exact version of every package that uv resolved into `pyproject.toml`.

A lock file would name the registry it was made with, so the pins live in `tool.uv.constraint-dependencies` instead.
To move to newer versions: `uv lock --upgrade` after emptying that list, run this script, then run the tests.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINS = re.compile(r"constraint-dependencies = \[.*?^\]\n", re.DOTALL | re.MULTILINE)


def pinned(lock: dict[str, Any], project: str) -> list[str]:
    """One `name==version` requirement for each locked package but the project itself.

    A package that resolves differently on different Pythons carries the markers of each version.
    """
    pins = []
    for package in lock["package"]:
        if package["name"] == project:
            continue
        markers = package.get("resolution-markers", [])
        condition = f" ; {' or '.join(f'({marker})' for marker in markers)}" if markers else ""
        pins.append(f"{package['name']}=={package['version']}{condition}")
    return sorted(pins)


def main() -> None:
    pyproject = ROOT / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]["name"]
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    pins = pinned(lock, project)
    block = "constraint-dependencies = [\n" + "".join(f'    "{pin}",\n' for pin in pins) + "]\n"
    pyproject.write_text(PINS.sub(lambda _: block, text), encoding="utf-8")
    print(f"{len(pins)} packages pinned")


if __name__ == "__main__":
    main()
