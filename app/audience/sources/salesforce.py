"""Contacts from Salesforce.

Sources: developer.salesforce.com/docs, "REST API Developer Guide" (Query, QueryAll, sObject Describe, Status Codes and
Error Responses) and "OAuth 2.0 Client Credentials Flow for Server-to-Server Integration".
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from app.audience.sources.api import Api, Bearer, NotSignedIn, RemoteTrouble
from app.audience.sources.remote import RemoteContact, RemoteField, RemotePage
from app.audience.statuses import Standing

KEY_PAGE = "https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm"

_CHANGED = "SystemModstamp"
_OPTED_OUT, _BOUNCED = "HasOptedOutOfEmail", "EmailBouncedDate"
_ALWAYS = ("Id", "IsDeleted", _CHANGED, "Email", _OPTED_OUT, _BOUNCED)
_NOT_ASKED = frozenset({"address", "location", "complexvalue", "base64"})
"""Types of fields that hold several values or a file."""
_is_name = re.compile(r"\w+", re.ASCII).fullmatch
_is_moment = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)").fullmatch
_is_host = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.my\.salesforce\.com").fullmatch


def address_of(domain: str) -> str:
    """The base URL of the Salesforce at *domain* ("flowers", "flowers.my.salesforce.com", or the whole address).

    Raises:
        RemoteTrouble: it is none of Salesforce's.
    """
    host = domain.strip().lower().removeprefix("https://").partition("/")[0]
    host = host.replace(".lightning.force.com", ".my.salesforce.com")
    if host and "." not in host:
        host = f"{host}.my.salesforce.com"
    if not _is_host(host):
        raise RemoteTrouble(
            "This is not the address of a Salesforce.", "It looks like “yourcompany.my.salesforce.com”.", detail=host
        )
    return f"https://{host}"


class Salesforce:
    """An organisation at Salesforce, opened by the key and secret of an app with the client credentials flow."""

    def __init__(self, api: Api, client_id: str, client_secret: str) -> None:
        self._api = api
        self._client_id = client_id
        self._client_secret = client_secret
        self._bearer: Bearer | None = None
        self._root = ""

    def whose(self) -> str:
        """See `Remote.whose`."""
        (organisation,) = self._query("SELECT Name FROM Organization LIMIT 1")["records"]
        return f"Salesforce of {organisation['Name']}"

    def fields(self) -> tuple[RemoteField, ...]:
        """See `Remote.fields`."""
        found = (one for one in self._described() if one["type"] not in _NOT_ASKED and one["name"] not in _ALWAYS)
        return tuple(sorted((RemoteField(one["name"], one["label"]) for one in found), key=lambda one: one.label))

    def changes(self, cursor: str, names: Sequence[str]) -> Iterator[RemotePage]:
        """See `Remote.changes`."""
        there = {one["name"] for one in self._described()}
        wanted = [name for name in dict.fromkeys([*_ALWAYS, *names]) if name in there and _is_name(name)]
        since = ""
        if cursor:
            if not _is_moment(cursor):
                raise ValueError("no moment of Salesforce's")
            since = f" WHERE {_CHANGED} >= {cursor}"
        page = self._query(f"SELECT {', '.join(wanted)} FROM Contact{since} ORDER BY {_CHANGED}, Id")  # noqa: S608  checked
        while True:
            records = page["records"]
            if records:
                contacts = tuple(_contact(one, wanted) for one in records)
                yield RemotePage(contacts, _in_utc(records[-1][_CHANGED]))
            if page["done"]:
                return
            page = self._get(page["nextRecordsUrl"])

    def _described(self) -> list[dict[str, Any]]:
        described: list[dict[str, Any]] = self._get(f"{self._latest()}/sobjects/Contact/describe")["fields"]
        return described

    def _query(self, soql: str) -> Any:
        # Also what was deleted there, as long as it lies in the bin.
        return self._get(f"{self._latest()}/queryAll?q={quote(soql)}")

    def _latest(self) -> str:
        """The path of the newest version of the API."""
        if not self._root:
            self._root = self._get("/services/data/")[-1]["url"]
        return self._root

    def _get(self, path: str) -> Any:
        if self._bearer is not None:
            try:
                return self._api.get(path, self._bearer)
            except NotSignedIn:
                self._bearer = None  # its time is over
        self._bearer = self._sign_in()
        return self._api.get(path, self._bearer)

    def _sign_in(self) -> Bearer:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
        }
        return Bearer(self._api.post_form("/services/oauth2/token", form)["access_token"])


def _contact(record: dict[str, Any], names: Sequence[str]) -> RemoteContact:
    cells = {name: _text(value) for name in names if (value := record.get(name)) not in (None, "")}
    standing = Standing.MAY_BE_MAILED
    if record.get(_OPTED_OUT):
        standing = Standing.UNSUBSCRIBED
    elif record.get(_BOUNCED):
        standing = Standing.HARD_BOUNCE
    return RemoteContact(record["Id"], cells.get("Email", ""), cells, standing, is_gone=bool(record["IsDeleted"]))


def _text(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _in_utc(moment: str) -> str:
    """A moment as SOQL takes it: Salesforce writes "+0000", which a URL would turn into a blank."""
    return moment.replace("+0000", "Z")
