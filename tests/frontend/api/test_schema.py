"""The schema is valid, complete, and tells the truth."""

import warnings
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from rest_framework.test import APIClient

from tests.frontend.api.conftest import CANARY, Shelf
from tests.frontend.api.test_access import EXPECTED

UNVERSIONED = {("docs", "get")}


@pytest.fixture
def schema(nobody: APIClient) -> dict[str, Any]:
    response = nobody.get("/api/v1/schema/")
    assert response["Content-Type"] == "application/json"
    return response.json()


def test_the_schema_is_openapi_3_1(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(schema).validate()


def test_the_schema_is_made_without_a_warning(nobody: APIClient, capfd: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nobody.get("/api/v1/schema/")
    assert "Warning" not in capfd.readouterr().err


def test_the_schema_comes_as_yaml_too(nobody: APIClient, schema: dict[str, Any]) -> None:
    response = nobody.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi"})
    assert yaml.safe_load(response.content)["paths"].keys() == schema["paths"].keys()


def test_every_operation_is_described(schema: dict[str, Any]) -> None:
    described = sum(len(methods) for methods in schema["paths"].values())
    assert described == len(EXPECTED) - len(UNVERSIONED)
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["description"]


def test_problems_are_described_as_problems(schema: dict[str, Any]) -> None:
    search = schema["paths"]["/api/v1/search/"]["post"]["responses"]
    assert {"200", "400", "401", "404", "413", "415", "422", "429", "503"} <= search.keys()
    assert list(search["422"]["content"]) == ["application/problem+json"]


def test_answers_keep_what_the_schema_says(
    schema: dict[str, Any], as_ada: APIClient, secret: Shelf, open_shelf: Shelf
) -> None:
    document = f"/documents/{secret.document.pk}/"
    answer = as_ada.post("/api/v1/answers/", {"text": CANARY}, format="json").json()
    bodies = {
        "SearchBody": as_ada.post("/api/v1/search/", {"text": "heron"}, format="json").json(),
        "AnswerBody": answer,
        "CorpusPage": as_ada.get("/api/v1/corpora/").json(),
        "CorpusBody": as_ada.get("/api/v1/corpora/field-notes/").json(),
        "MemberList": as_ada.get("/api/v1/corpora/field-notes/members/").json(),
        "DocumentPage": as_ada.get("/api/v1/corpora/field-notes/documents/").json(),
        "DocumentBody": as_ada.get(f"/api/v1{document}").json(),
        "PassagePage": as_ada.get(f"/api/v1{document}passages/").json(),
        "RecipeList": as_ada.get("/api/v1/recipes/").json(),
        "HealthBody": as_ada.get("/api/v1/healthz").json(),
        "ProblemBody": as_ada.get("/api/v1/documents/1/").json(),
        "FeedbackBody": as_ada.post(
            "/api/v1/feedback/", {"answer": answer["id"], "value": 1}, format="json"
        ).json(),
        "CertificateBody": as_ada.delete(f"/api/v1{document}").json(),
    }
    for name, body in bodies.items():
        shape = {"$ref": f"#/components/schemas/{name}", "components": schema["components"]}
        errors = [
            f"{name}: {error.json_path} {error.message}"
            for error in Draft202012Validator(shape).iter_errors(body)
        ]
        assert not errors


def test_the_docs_are_read_without_script_or_strangers(nobody: APIClient) -> None:
    response = nobody.get("/api/v1/docs/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "POST /api/v1/answers/" in page
    assert 'id="error-429"' in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
