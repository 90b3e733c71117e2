"""Files that go out with a message: attached to it, or shown in it (`cid:` in the HTML).

A file is encoded once, however many get it.
"""

import mimetypes
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from app.content.errors import HeaderInjection, TemplateError
from app.content.transfer import base64_lines

MAX_NAME = 255
"""Characters of a file's name."""

_UNKNOWN = "application/octet-stream"
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
# With these, "fdp.exe" can be made to look like "exe.pdf".
_DECEPTIVE = re.compile("[\u202a-\u202e\u2066-\u2069]")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")  # RFC 6838, §4.2
_QUOTING = {ord("\\"): "\\\\", ord('"'): '\\"'}
_CONTENT_ID = re.compile(r"[A-Za-z0-9._+-]+(?:@[A-Za-z0-9.-]+)?")
# In an attribute or a url(); "acid:" in a sentence is none.
_SHOWN = re.compile(r"""(?<=["'(])\s*cid:([^"'()\s<>]+)""", re.IGNORECASE)
_SECTION = 60
"""Octets of a name in one parameter, with "filename*10*=" and ";" before and after it in a line of 76."""
_LONGEST_ENDING = 10

# What offices attach. Python's own table lacks them, and Windows has ideas of its own of a .csv.
_OFFICE_TYPES = {
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ics": "text/calendar",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "vcf": "text/vcard",
    "webp": "image/webp",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes out with a message.

    Attributes:
        name: What the recipient sees and saves it as; no path.
        media_type: Such as `application/pdf`.
        data: What is in it.
        content_id: What the HTML calls it by (`<img src="cid:logo">`); empty for a file that is not shown in it.

    Raises:
        HeaderInjection: The name has a line break or another control character.
        TemplateError: The name is empty, too long or a path, or *media_type* or *content_id* is none.
    """

    name: str
    media_type: str
    data: bytes
    content_id: str = ""

    def __post_init__(self) -> None:
        if _CONTROL.search(self.name):
            raise HeaderInjection("name of a file")
        if not self.name.strip(" .") or len(self.name) > MAX_NAME or re.search(r"[/\\]", self.name):
            hint = "Give it a name of its own, without a folder."
            raise TemplateError(f"A file cannot be called “{self.name[:80]}”.", hint)
        if _DECEPTIVE.search(self.name):
            hint = "It has invisible signs that turn the direction of writing. Rename it."
            raise TemplateError(f"A file cannot be called “{_DECEPTIVE.sub('', self.name)}”.", hint)
        # Mail in mail may not be encoded (RFC 2046, §5.2.1), and a multipart is no file.
        if not _MEDIA_TYPE.fullmatch(self.media_type) or self.media_type.startswith(("message/", "multipart/")):
            title = f"The file “{self.name}” cannot be attached."
            raise TemplateError(title, "Its kind is not known.", detail=self.media_type)
        if self.content_id and not _CONTENT_ID.fullmatch(self.content_id):
            title = f"“{self.content_id}” cannot stand for a picture in a message."
            raise TemplateError(title, "Use letters, digits and hyphens.")


@dataclass(frozen=True, slots=True)
class EncodedAttachment:
    """An `Attachment` as it is sent; keep it where many recipients get the same file.

    Attributes:
        part: The headers and lines of its MIME part, ended by CRLF.
        is_inline: It is shown in the HTML.
    """

    part: bytes
    is_inline: bool = False

    @classmethod
    def of(cls, file: Attachment) -> "EncodedAttachment":
        """Encode *file*."""
        is_inline = bool(file.content_id)
        fallback = _parameter("name", _ascii_name(file.name))
        lines = [
            f"Content-Type: {file.media_type}{_charset(file)};\r\n {fallback}",
            "Content-Transfer-Encoding: base64",
            f"Content-Disposition: {'inline' if is_inline else 'attachment'}{_file_name(file.name)}",
            *([f"Content-ID: <{file.content_id}>"] if is_inline else []),
        ]
        return cls("\r\n".join(lines).encode() + b"\r\n\r\n" + base64_lines(file.data), is_inline)


def content_ids_in(html: str) -> frozenset[str]:
    """What the pictures are called that HTML, or the source it is made of, shows by `cid:` (RFC 2392)."""
    return frozenset(unquote(found) for found in _SHOWN.findall(html))


def with_pictures(html: str, urls: Mapping[str, str]) -> str:
    """*html* with *urls* in place of the pictures of these names, for showing it outside a mail."""
    return _SHOWN.sub(lambda found: urls.get(unquote(found[1]), found[0]), html)


def media_type_of(name: str) -> str:
    """The media type of a file of this name; `application/octet-stream` if it says nothing."""
    guessed, packed = mimetypes.guess_type(name.lower())
    if packed:
        return f"application/{packed}" if packed == "gzip" else _UNKNOWN
    media_type = _OFFICE_TYPES.get(name.lower().rpartition(".")[2]) or guessed or _UNKNOWN
    return _UNKNOWN if media_type.startswith(("message/", "multipart/")) else media_type


def _charset(file: Attachment) -> str:
    """Without it, text counts as ASCII and umlauts are lost."""
    if not file.media_type.startswith("text/"):
        return ""
    try:
        file.data.decode()
    except UnicodeDecodeError:
        return ""
    return "; charset=utf-8"


def _ascii_name(name: str) -> str:
    """Something like *name*, and short, for programs that do not know RFC 2231 and so look at Content-Type."""
    name = " ".join(name.split())
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    if not ending.isascii() or len(ending) > _LONGEST_ENDING:
        dot = ending = ""
    letters = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    return f"{letters.strip()[: _SECTION - _LONGEST_ENDING] or 'file'}{dot}{ending}"


def _file_name(name: str) -> str:
    """The `filename` parameter of Content-Disposition, whole or in sections (RFC 2231), with what goes before it."""
    # Blanks beside each other or at an end are safe from programs that tidy up, and from DKIM, only as %20.
    if name.isascii() and len(name) <= _SECTION and "" not in name.split(" "):
        return f";\r\n {_parameter('filename', name)}"
    first, *further = _sections(name)
    if not further:
        return f";\r\n filename*={first}"
    return "".join(f";\r\n filename*{number}*={section}" for number, section in enumerate([first, *further]))


def _sections(name: str) -> list[str]:
    """*name* percent-encoded, cut between its characters."""
    sections = ["utf-8''"]
    for character in name:
        encoded = quote(character, safe="", errors="replace")
        if len(sections[-1]) + len(encoded) > _SECTION:
            sections.append("")
        sections[-1] += encoded
    return sections


def _parameter(name: str, text: str) -> str:
    return f'{name}="{text.translate(_QUOTING)}"'
