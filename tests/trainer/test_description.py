"""The description of the API tells everything that is served, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern
from jsonschema import Draft202012Validator

from tests.trainer.conftest import JSON, Caller, current, legacy
from trainer.api import chat, completions, fine_tunes, jobs, permissions, uploads
from trainer.api.ask import Ask
from trainer.api.description.document import document
from trainer.urls import resources


def served() -> dict[str, URLPattern]:
    """Return the patterns by the address that the description would have; slashes at the end are left out."""
    found: dict[str, URLPattern] = {}
    for pattern in resources:
        address = "/" + re.sub(r"<str:(\w+)>", r"{\1}", str(pattern.pattern))
        if not address.endswith("/"):
            found[address] = pattern
    return found


def operations() -> Iterator[tuple[str, str, JSON]]:
    for address, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield address, method, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)


def resolved(reference: str) -> JSON:
    found = document()
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


class TestServed:
    def test_anybody_may_read_it(self, db: None) -> None:
        response = Client().get("/v1/openapi.json")
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")
        assert response["x-request-id"]
        assert response.json() == document()

    def test_it_cannot_be_written(self, db: None) -> None:
        response = Client().post("/v1/openapi.json")
        assert (response.status_code, response["Allow"]) == (405, "GET")

    def test_a_key_that_is_not_valid_does_not_matter(self, db: None) -> None:
        assert Client(headers={"Authorization": "Bearer sk-old"}).get("/v1/openapi.json").status_code == 200


class TestAddresses:
    def test_it_names_exactly_those_that_are_served(self) -> None:
        assert set(document()["paths"]) == set(served())

    @pytest.mark.parametrize("address", served())
    def test_it_names_exactly_the_methods_of_each(self, owner: Caller, address: str) -> None:
        concrete = re.sub(r"{\w+}", "x", address)
        allowed = owner.client.generic("OPTIONS", f"/v1{concrete}")["Allow"]
        assert set(document()["paths"][address]) == {method.lower() for method in allowed.split(", ")}

    def test_the_parts_of_a_path_are_its_parameters(self) -> None:
        for address, method, operation in operations():
            told = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"]
            assert told == re.findall(r"{(\w+)}", address), (method, address)

    def test_each_operation_has_a_name_of_its_own(self) -> None:
        names = [operation["operationId"] for _, _, operation in operations()]
        assert len(set(names)) == len(names)
        assert all(operation["summary"] for _, _, operation in operations())

    def test_only_the_description_needs_no_key(self) -> None:
        assert [address for address, _, operation in operations() if operation.get("security") == []] == ["/openapi.json"]
        assert document()["security"] == [{"key": []}]


class TestAnswers:
    def test_each_operation_tells_the_refusals_that_any_may_meet(self) -> None:
        for address, _, operation in operations():
            assert {"400", "401", "405", "429", "500"} <= set(operation["responses"]), address

    def test_what_has_a_body_may_be_too_large_and_what_names_something_may_not_find_it(self) -> None:
        for address, _, operation in operations():
            assert ("413" in operation["responses"]) == ("requestBody" in operation), address
            if re.search(r"{\w+}", address):
                assert "404" in operation["responses"], address

    def test_the_addresses_of_owners_refuse_others(self, member: Caller) -> None:
        for address, method, operation in operations():
            concrete = re.sub(r"{\w+}", "x", address)
            status = member.client.generic(method.upper(), f"/v1{concrete}").status_code
            assert (status == 403) == ("403" in operation["responses"]), address

    def test_every_object_is_told_whole(self) -> None:
        for name, schema in document()["components"]["schemas"].items():
            assert schema.get("additionalProperties") is False, name

    def test_every_reference_leads_somewhere_and_nothing_is_left_over(self) -> None:
        used = set(references(document()))
        assert all(resolved(reference) for reference in used)
        schemas = {f"#/components/schemas/{name}" for name in document()["components"]["schemas"]}
        assert schemas <= used

    def test_every_schema_is_one(self) -> None:
        for schema in document()["components"]["schemas"].values():
            Draft202012Validator.check_schema(schema)


BODIES: dict[str, type[Ask]] = {
    "CreateUpload": uploads.Create,
    "CompleteUpload": uploads.Complete,
    "CreateFineTune": fine_tunes.Create,
    "CreateFineTuningJob": jobs.Create,
    "CreatePermissions": permissions.Create,
    "CreateCompletion": completions.Create,
    "CreateChatCompletion": chat.Create,
}


class TestBodies:
    @pytest.mark.parametrize("name", BODIES)
    def test_they_have_the_parameters_that_are_accepted(self, name: str) -> None:
        schema = document()["components"]["schemas"][name]
        fields = BODIES[name].model_fields
        assert set(schema["properties"]) == set(fields)
        assert set(schema.get("required", [])) == {field for field in fields if fields[field].is_required()}

    def test_every_parameter_says_what_it_takes(self) -> None:
        for name in BODIES:
            for field, schema in document()["components"]["schemas"][name]["properties"].items():
                assert schema.keys() & {"type", "anyOf", "$ref", "enum"}, (name, field)

    @pytest.mark.parametrize(
        ("address", "name", "body"),
        [
            ("completions", "CreateCompletion", {"prompt": []}),
            ("completions", "CreateCompletion", {"stop": ["a"] * 5}),
            ("completions", "CreateCompletion", {"logit_bias": {"7": 101}}),
            ("completions", "CreateCompletion", {"temperature": 3}),
            ("fine_tuning/jobs", "CreateFineTuningJob", {"hyperparameters": {"n_epochs": 51}}),
            ("fine_tuning/jobs", "CreateFineTuningJob", {"hyperparameters": {"n_epochs": "all"}}),
            ("fine_tuning/jobs", "CreateFineTuningJob", {"hyperparameters": {"learning_rate_multiplier": 0}}),
            ("fine-tunes", "CreateFineTune", {"suffix": "x" * 41}),
        ],
    )
    def test_what_the_description_forbids_is_refused(self, owner: Caller, address: str, name: str, body: JSON) -> None:
        whole = {"model": "ada", **({"training_file": "file-x"} if "fine" in address else {}), **body}
        whole = {**whole, "model": "babbage-002"} if "jobs" in address else whole
        schema = {**document(), "$ref": f"#/components/schemas/{name}"}
        assert not Draft202012Validator(schema).is_valid(whole)
        assert next(iter(body)) in str(owner.refused(address, whole)["param"])

    def test_what_is_accepted_fits_the_description(self, owner: Caller) -> None:
        job = {"model": "babbage-002", "hyperparameters": {"n_epochs": "auto"}, "seed": None, "metadata": {"a": "b"}}
        file = current(owner)["training_file"]
        schema = {**document(), "$ref": "#/components/schemas/CreateFineTuningJob"}
        assert Draft202012Validator(schema).is_valid({**job, "training_file": file})
        owner.post("fine_tuning/jobs", {**job, "training_file": file})


def test_both_generations_of_jobs_fit_the_description(owner: Caller) -> None:
    for name, job in (("FineTune", legacy(owner)), ("FineTuningJob", current(owner))):
        Draft202012Validator({**document(), "$ref": f"#/components/schemas/{name}"}).validate(job)
