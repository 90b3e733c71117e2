"""Salesforce's REST API for contacts, as its documentation describes it ("Query", "sObject Describe", "Errors")."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.audience.sources.json_server import Answer, Question

CLIENT_ID, CLIENT_SECRET = "3MVG9", "8A4BE698"
_PAGE = 3
_ROOT = "/services/data/v62.0"
_SOQL = re.compile(
    r"SELECT (?P<names>[\w, ]+) FROM Contact( WHERE SystemModstamp >= (?P<since>\S+))? ORDER BY SystemModstamp, Id"
)


@dataclass
class SalesforceServer:
    """An organisation; `contacts` are its records by id."""

    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: int = 0
    expired: set[str] = field(default_factory=set)
    is_exhausted: bool = False
    _cursors: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def put(self, external_id: str, email: str | None, changed: str, **values: Any) -> None:
        self.contacts[external_id] = {
            "Id": external_id, "IsDeleted": False, "SystemModstamp": changed, "Email": email,
            "HasOptedOutOfEmail": False, "EmailBouncedDate": None, "FirstName": None, "Newsletter__c": None, **values,
        }  # fmt: skip

    def answer(self, question: Question) -> Answer:
        if question.path == "/services/oauth2/token":
            good = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
            if question.body != good:
                return Answer({"error": "invalid_client", "error_description": "invalid client credentials"}, 400)
            self.tokens += 1
            return Answer({"access_token": f"00D!{self.tokens}", "token_type": "Bearer"})
        if not question.token.startswith("00D!") or question.token in self.expired:
            return Answer([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}], 401)
        if self.is_exhausted:
            return Answer([{"message": "TotalRequests Limit exceeded", "errorCode": "REQUEST_LIMIT_EXCEEDED"}], 403)
        if question.path == "/services/data/":
            versions = [{"version": "61.0", "url": "/services/data/v61.0"}, {"version": "62.0", "url": _ROOT}]
            return Answer(versions)
        if question.path == f"{_ROOT}/sobjects/Contact/describe":
            return Answer({"fields": [
                *({"name": name, "label": name, "type": "string"} for name in
                  ("Id", "IsDeleted", "SystemModstamp", "Email", "HasOptedOutOfEmail", "EmailBouncedDate")),
                {"name": "Newsletter__c", "label": "Newsletter", "type": "boolean"},
                {"name": "FirstName", "label": "First Name", "type": "string"},
                {"name": "MailingAddress", "label": "Mailing Address", "type": "address"},
            ]})  # fmt: skip
        if question.path == f"{_ROOT}/queryAll":
            return self._query(question.query["q"])
        if question.path in self._cursors:
            return Answer(self._page(self._cursors.pop(question.path)))
        return Answer([{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}], 404)

    def _query(self, soql: str) -> Answer:
        if "Organization" in soql:
            return Answer({"totalSize": 1, "done": True, "records": [{"Name": "Blumen Berger"}]})
        asked = _SOQL.fullmatch(soql)
        if asked is None:
            return Answer([{"message": "unexpected token", "errorCode": "MALFORMED_QUERY"}], 400)
        since = (asked["since"] or "").replace("Z", "+0000")
        found = sorted(
            (one for one in self.contacts.values() if one["SystemModstamp"] >= since),
            key=lambda one: (one["SystemModstamp"], one["Id"]),
        )
        names = asked["names"].split(", ")
        return Answer(self._page([{name: one[name] for name in names} for one in found]))

    def _page(self, rest: list[dict[str, Any]]) -> dict[str, Any]:
        page: dict[str, Any] = {"records": rest[:_PAGE], "done": len(rest) <= _PAGE}
        if not page["done"]:
            page["nextRecordsUrl"] = f"{_ROOT}/query/01g{len(self._cursors)}-{len(rest)}"
            self._cursors[page["nextRecordsUrl"]] = rest[_PAGE:]
        return page
