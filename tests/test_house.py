"""What holds for the whole source tree and no tool in the group `lint` looks at."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NODE_PROJECTS = (ROOT / "benchmarks" / "nodemailer",)
LONGEST = 400
LONGER_FOR_A_REASON: dict[str, str] = {}
QT = {"PySide6", "shiboken6", "qasync", "pyqtgraph"}


def committed_files() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def modules() -> Iterator[tuple[str, Path]]:
    return ((path.relative_to(APP).as_posix(), path) for path in sorted(APP.rglob("*.py")))


def imported_packages(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_no_committed_file_names_the_host_of_a_registry() -> None:
    hosts = [
        f"{name}.{domain}".encode()
        for name, domain in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("npmjs", "org"),
            ("yarnpkg", "com"),
            ("deb.debian", "org"),
            ("archive.ubuntu", "com"),
        )
    ]
    naming = {
        str(path.relative_to(ROOT)): host.decode()
        for path in committed_files()
        for host in hosts
        if host in path.read_bytes()
    }
    assert not naming


def test_no_lock_file_of_uv_is_committed() -> None:
    assert ROOT / "uv.lock" not in committed_files()


def test_every_installed_package_has_its_pinned_version() -> None:
    pins = dict(
        pin.partition(";")[0].strip().split("==", 1)
        for pin in PROJECT["tool"]["uv"]["constraint-dependencies"]
        if "python_full_version" not in pin
    )
    pinned_by_python = {
        pin.partition("==")[0]
        for pin in PROJECT["tool"]["uv"]["constraint-dependencies"]
        if "python_full_version" in pin
    }
    strays = {
        f"{name}=={installed.version}"
        for installed in metadata.distributions()
        if (name := normalised(installed.name)) not in pinned_by_python and pins.get(name) != installed.version
    }
    assert not strays


@pytest.mark.parametrize("folder", NODE_PROJECTS, ids=lambda folder: folder.name)
def test_npm_packages_are_pinned_and_their_lock_names_no_place(folder: Path) -> None:
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted["dependencies"].values())
    assert all("resolved" not in package for package in lock["packages"].values())


def test_qt_stays_in_the_ui() -> None:
    strays = {
        name: found
        for name, path in modules()
        if not name.startswith("ui/") and name != "bootstrap.py"
        if (found := imported_packages(path.read_text(encoding="utf-8")) & QT)
    }
    assert not strays


def test_no_module_is_too_long_to_be_read_at_once() -> None:
    too_long = {
        name: length
        for name, path in modules()
        if name not in LONGER_FOR_A_REASON and "versions/" not in name
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert not too_long


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_pyside_loses_no_reference_to_none() -> None:
    probe = subprocess.run(
        [sys.executable, ROOT / "tests" / "none_references.py"],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
    )
    assert (probe.returncode, probe.stdout) == (0, "")
