"""HubSpot's API for contacts, as its documentation describes it ("Contacts", "Search the CRM", "Properties")."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.audience.sources.json_server import Answer, Question

TOKEN = "pat-eu1-test"


@dataclass
class HubSpotServer:
    """An account; `contacts` are its records by id, `archived` what was deleted. *busy* questions are put off first."""

    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    archived: list[str] = field(default_factory=list)
    busy: int = 0
    most_results: int = 10_000
    questions: list[Question] = field(default_factory=list)

    def put(self, external_id: str, email: str, changed: str, **properties: str) -> None:
        self.contacts[external_id] = {"email": email, "lastmodifieddate": changed, **properties}

    def answer(self, question: Question) -> Answer:
        self.questions.append(question)
        if question.token != TOKEN:
            return Answer({"status": "error", "category": "INVALID_AUTHENTICATION"}, 401)
        if self.busy:
            self.busy -= 1
            return Answer({"status": "error", "policyName": "TEN_SECONDLY_ROLLING"}, 429, {"Retry-After": "3"})
        match question.method, question.path:
            case "GET", "/account-info/v3/details":
                return Answer({"portalId": 4711, "timeZone": "Europe/Berlin"})
            case "GET", "/crm/v3/properties/contacts":
                return Answer({"results": [
                    {"name": "firstname", "label": "First Name", "type": "string"},
                    {"name": "email", "label": "Email", "type": "string"},
                    {"name": "hs_internal", "label": "Internal", "type": "string", "hidden": True},
                    {"name": "city", "label": "City", "type": "string"},
                ]})  # fmt: skip
            case "GET", "/crm/v3/objects/contacts":
                return self._list(question.query)
            case "POST", "/crm/v3/objects/contacts/search":
                return self._search(question.body)
        return Answer({"status": "error", "message": "resource not found"}, 404)

    def _list(self, query: dict[str, str]) -> Answer:
        assert int(query["limit"]) <= 100
        names = query.get("properties", "").split(",")
        ids = self.archived if query.get("archived") == "true" else sorted(self.contacts, key=int)
        start = int(query.get("after", 0))
        chosen = ids[start : start + int(query["limit"])]
        return Answer(_page([self._record(one, names) for one in chosen], start + len(chosen), len(ids)))

    def _search(self, body: dict[str, Any]) -> Answer:
        assert body["limit"] <= 200
        start = int(body["after"])
        if start + body["limit"] > self.most_results:
            return Answer({"status": "error", "message": "paging past 10000 is not supported"}, 400)
        ((since,),) = (group["filters"] for group in body["filterGroups"])
        assert (since["propertyName"], since["operator"]) == ("lastmodifieddate", "GTE")
        found = sorted(
            (one for one, values in self.contacts.items() if _epoch_ms(values) >= int(since["value"])),
            key=lambda one: self.contacts[one]["lastmodifieddate"],
        )
        chosen = found[start : start + body["limit"]]
        records = [self._record(one, body["properties"]) for one in chosen]
        return Answer({"total": len(found)} | _page(records, start + len(chosen), len(found)))

    def _record(self, external_id: str, names: list[str]) -> dict[str, Any]:
        values = self.contacts.get(external_id, {})
        return {"id": external_id, "properties": {name: values.get(name) for name in names}}


def _epoch_ms(values: dict[str, str]) -> int:
    return round(datetime.fromisoformat(values["lastmodifieddate"]).timestamp() * 1000)


def _page(records: list[dict[str, Any]], end: int, total: int) -> dict[str, Any]:
    return {"results": records} | ({"paging": {"next": {"after": str(end)}}} if end < total else {})
