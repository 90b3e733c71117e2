"""Contacts from HubSpot.

Sources: developers.hubspot.com/docs, "Contacts", "Search the CRM" (200 a page, at most 10,000 results a question, five
questions a second, sorted by one property), "Properties", "Account information" and "Private apps".
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.audience.sources.api import Api, Bearer, RemoteTrouble
from app.audience.sources.remote import RemoteContact, RemoteField, RemotePage
from app.audience.statuses import Standing

URL = "https://api.hubapi.com"
KEY_PAGE = "https://app.hubspot.com/private-apps/"

_CHANGED = "lastmodifieddate"
_OPTED_OUT = "hs_email_optout"
_HARD_BOUNCE = "hs_email_hard_bounce_reason_enum"
_ALWAYS = ("email", _CHANGED, _OPTED_OUT, _HARD_BOUNCE)
_LIST_PAGE, _SEARCH_PAGE = 100, 200
_MOST_RESULTS = 10_000
_INDEX_LAG = timedelta(minutes=5)
"""How late a change may show up in a search; what is this close to the cursor is asked for again."""


class HubSpot:
    """An account at HubSpot, opened by the access token of a private app with the scope `crm.objects.contacts.read`."""

    def __init__(self, api: Api, token: str) -> None:
        self._api = api
        self._bearer = Bearer(token)

    def whose(self) -> str:
        """See `Remote.whose`."""
        return f"HubSpot {self._get('/account-info/v3/details')['portalId']}"

    def fields(self) -> tuple[RemoteField, ...]:
        """See `Remote.fields`."""
        found = self._get("/crm/v3/properties/contacts")["results"]
        shown = (one for one in found if not one.get("hidden") and one["name"] != "email")
        return tuple(sorted((RemoteField(one["name"], one["label"]) for one in shown), key=lambda one: one.label))

    def changes(self, cursor: str, names: Sequence[str]) -> Iterator[RemotePage]:
        """See `Remote.changes`. The first time, and when too much changed at once, all contacts are listed."""
        properties = list(dict.fromkeys([*_ALWAYS, *names]))
        try:
            yield from self._search(cursor, properties) if cursor else self._list(properties)
        except _TooManyAtOnce:
            yield from self._list(properties)
        if cursor:
            yield from self._archived()

    def _list(self, properties: list[str]) -> Iterator[RemotePage]:
        begun = _cursor(datetime.now(UTC))
        for found in self._pages("/crm/v3/objects/contacts", {"properties": ",".join(properties)}):
            yield RemotePage(tuple(_contact(one, properties) for one in found), "")
        # What changed during the listing may have been on a page that was past: so the cursor is where it began.
        yield RemotePage((), begun)

    def _archived(self) -> Iterator[RemotePage]:
        for found in self._pages("/crm/v3/objects/contacts", {"archived": "true"}):
            yield RemotePage(tuple(RemoteContact(one["id"], is_gone=True) for one in found), "")

    def _pages(self, path: str, params: dict[str, str]) -> Iterator[list[dict[str, Any]]]:
        after: str | None = None
        while True:
            page = self._get(path, params | {"limit": str(_LIST_PAGE)} | ({"after": after} if after else {}))
            if page["results"]:
                yield page["results"]
            after = page.get("paging", {}).get("next", {}).get("after")
            if after is None:
                return

    def _search(self, cursor: str, properties: list[str]) -> Iterator[RemotePage]:
        since = _cursor(datetime.fromisoformat(cursor) - _INDEX_LAG)
        while True:
            newest, count = since, 0
            for found in self._found(since, properties):
                newest, count = found[-1]["properties"][_CHANGED], count + len(found)
                yield RemotePage(tuple(_contact(one, properties) for one in found), max(newest, cursor))
            if count < _MOST_RESULTS:
                return
            if newest == since:
                raise _TooManyAtOnce
            since = newest

    def _found(self, since: str, properties: list[str]) -> Iterator[list[dict[str, Any]]]:
        """The pages of one search, of which there are at most `_MOST_RESULTS` results."""
        question: dict[str, object] = {
            "filterGroups": [{"filters": [{"propertyName": _CHANGED, "operator": "GTE", "value": _epoch_ms(since)}]}],
            "sorts": [{"propertyName": _CHANGED, "direction": "ASCENDING"}],
            "properties": properties,
            "limit": _SEARCH_PAGE,
        }
        after: str | None = "0"
        while after is not None and int(after) < _MOST_RESULTS:
            page = self._api.post("/crm/v3/objects/contacts/search", self._bearer, question | {"after": after})
            if page["results"]:
                yield page["results"]
            after = page.get("paging", {}).get("next", {}).get("after")

    def _get(self, path: str, params: dict[str, str] | None = None) -> Any:
        return self._api.get(path, self._bearer, params)


class _TooManyAtOnce(RemoteTrouble):
    """More contacts were changed in one moment than a search gives."""

    def __init__(self) -> None:
        super().__init__("Too many contacts were changed at once.", "All of them are read.")


def _contact(record: dict[str, Any], properties: Sequence[str]) -> RemoteContact:
    values = {name: str(value) for name in properties if (value := record["properties"].get(name)) not in (None, "")}
    standing = Standing.MAY_BE_MAILED
    if values.get(_OPTED_OUT) == "true":
        standing = Standing.UNSUBSCRIBED
    elif values.get(_HARD_BOUNCE):
        standing = Standing.HARD_BOUNCE
    return RemoteContact(record["id"], values.get("email", ""), values, standing)


def _cursor(moment: datetime) -> str:
    """In the form of HubSpot's own dates, which sort as texts."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _epoch_ms(moment: str) -> str:
    return str(round(datetime.fromisoformat(moment).timestamp() * 1000))
