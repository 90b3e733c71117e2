"""What is missing from a Linux system is found and named."""

import sys
from pathlib import Path

import pytest

from app import system_packages
from app.system_packages import ROOTS_TESTS, TESTS, SystemPackage, explain, missing
from tools import test as run_tests

LIBRARY = SystemPackage("libnothing9", "libnothing.so.9", "a test")
COMMAND = SystemPackage("nothing", "command-that-nobody-has", "a test")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has system packages")


def test_what_is_there_is_not_missing() -> None:
    present = [SystemPackage("libc6", "libc.so.6", "a test"), SystemPackage("dash", "sh", "a test")]
    assert missing([*present, LIBRARY, COMMAND]) == [LIBRARY, COMMAND]


def test_the_sentence_holds_the_line_that_installs() -> None:
    if system_packages.find_command("apt-get") is None:
        pytest.skip("no Debian")
    assert explain([LIBRARY, COMMAND]).endswith(
        "install them with: sudo apt-get install -y --no-install-recommends libnothing9 nothing"
    )


def test_without_apt_the_sentence_names_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_packages, "find_command", lambda name: None)
    assert "libnothing.so.9, command-that-nobody-has" in explain([LIBRARY, COMMAND])


def test_the_newest_of_debians_database_servers_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("15", "17", "9.6"):
        program = tmp_path / version / "bin" / "command-of-a-server"
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)
    monkeypatch.setattr(system_packages, "_POSTGRESQL", tmp_path)
    assert system_packages.find_command("command-of-a-server") == str(tmp_path / "17" / "bin" / "command-of-a-server")


def test_windows_and_macos_lack_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert missing([LIBRARY]) == []


def test_each_package_is_listed_once() -> None:
    names = [package.name for package in (*TESTS, *ROOTS_TESTS)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("has_policy", [False, True])
def test_no_service_is_started_while_packages_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_policy: bool
) -> None:
    policy = tmp_path / "policy-rc.d"
    if has_policy:
        policy.write_text("#!/bin/sh\nexit 104\n")
    monkeypatch.setattr(run_tests, "_POLICY", policy)
    with run_tests._services_at_rest():
        assert policy.read_text() == f"#!/bin/sh\nexit {104 if has_policy else 101}\n"
    assert policy.exists() == has_policy
