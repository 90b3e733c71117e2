"""What a user would pick instead, Nodemailer; and what no sender can beat, `smtp-source`, which makes no messages."""

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.content.letter import MessageSource
from benchmarks import newsletter
from benchmarks.sink import tool

NODE_PROJECT = Path(__file__).resolve().parent / "nodemailer"
_PATIENCE_S = 300


def install_nodemailer() -> None:
    """Fetch Nodemailer as pinned in its lock file, once."""
    lock = NODE_PROJECT / "package-lock.json"
    installed = NODE_PROJECT / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([tool("npm"), "ci", "--silent"], cwd=NODE_PROJECT, check=True)


def write_job(path: Path, source: MessageSource, people: Sequence[dict[str, str]], *, dkim_key_pem: str) -> None:
    """Write down for Nodemailer the very message that the program compiled, and to whom it goes."""
    shared = {"organisation": source.organisation, "postal_address": source.postal_address}
    job = {
        "subject": source.subject,
        "html": source.html,
        "text": source.text,
        "senderName": newsletter.SENDER_NAME,
        "sender": newsletter.SENDER,
        "listId": f"campaign-1.{newsletter.DOMAIN}",
        "domain": newsletter.DOMAIN,
        "selector": newsletter.SELECTOR,
        "privateKey": dkim_key_pem,
        "recipients": [person | shared | {"unsubscribe_url": _unsubscribe(person)} for person in people],
    }
    path.write_text(json.dumps(job), encoding="utf-8")


def _unsubscribe(person: dict[str, str]) -> str:
    return f"mailto:{newsletter.SENDER}?subject=unsubscribe%20{person['customer_number']}"


@dataclass(frozen=True)
class Nodemailer:
    """A pooled Nodemailer, in quoted-printable as it sends by itself or in the quicker base64."""

    job: Path
    recipients: int
    connections: int
    encoding: str = "quoted-printable"

    def send(self, port: int) -> float:
        """Send to everybody and return the seconds; starting Node and compiling the templates do not count."""
        command = [tool("node"), "send.mjs", str(self.job), str(port), str(self.connections), str(self.recipients)]
        done = subprocess.run(
            [*command, self.encoding], cwd=NODE_PROJECT, stdout=subprocess.PIPE, check=True, timeout=_PATIENCE_S
        )
        seconds: float = json.loads(done.stdout)["seconds"]
        return seconds


@dataclass(frozen=True)
class SmtpSource:
    """Postfix's load generator: messages of the same size, made of nothing."""

    recipients: int
    connections: int
    size: int

    def send(self, port: int) -> float:
        """Send as many messages and return the seconds."""
        addresses = ["-f", newsletter.SENDER, "-t", "user@customers.example.net"]
        volume = ["-s", str(self.connections), "-m", str(self.recipients), "-l", str(self.size)]
        begun = time.perf_counter()
        subprocess.run(
            [tool("smtp-source"), "-d", "-N", *volume, *addresses, f"127.0.0.1:{port}"], check=True, timeout=_PATIENCE_S
        )
        return time.perf_counter() - begun
