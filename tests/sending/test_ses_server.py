"""The fake SES of the tests answers in the shapes of the service model that botocore carries."""

import json
from typing import Any

import botocore.loaders
import botocore.model
import pytest

from tests.sending.ses_server import API_VERSION, HEALTHY, OPERATIONS
from tests.sending.test_ses_errors import ANSWERS

MODEL = botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model("sesv2", "service-2"))
SCALARS = {"string": str, "boolean": bool, "double": float, "integer": int}


def fits(value: Any, shape: Any) -> bool:
    if shape.type_name == "structure":
        known = all(name in shape.members and fits(one, shape.members[name]) for name, one in value.items())
        return known and set(shape.required_members) <= set(value)
    if shape.type_name == "list":
        return all(fits(one, shape.member) for one in value)
    return isinstance(value, SCALARS[shape.type_name]) and (not getattr(shape, "enum", None) or value in shape.enum)


def test_it_is_written_from_this_version_of_the_model() -> None:
    assert MODEL.api_version == API_VERSION


@pytest.mark.parametrize("name", OPERATIONS)
def test_it_listens_where_the_model_says(name: str) -> None:
    http = MODEL.operation_model(name).http

    assert (http["method"], http["requestUri"]) == OPERATIONS[name]


def test_its_answers_have_the_shapes_of_the_model() -> None:
    assert fits(HEALTHY, MODEL.operation_model("GetAccount").output_shape)
    assert fits({"MessageId": "0107"}, MODEL.operation_model("SendEmail").output_shape)
    assert not fits({"SendQuota": {"MaxSendRate": "14"}}, MODEL.operation_model("GetAccount").output_shape)


def test_the_errors_tried_are_those_of_the_model_with_its_statuses() -> None:
    statuses = {
        shape.name: shape.metadata["error"]["httpStatusCode"]
        for shape in MODEL.operation_model("SendEmail").error_shapes
    }
    tried = {case.code: case.status for case in ANSWERS if case.code in statuses}

    assert tried == statuses


def test_the_model_says_nothing_of_an_error_but_its_words() -> None:
    for shape in MODEL.operation_model("SendEmail").error_shapes:
        assert json.dumps(list(shape.members)) == "[]"
