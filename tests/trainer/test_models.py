from __future__ import annotations

import pytest

from tests.trainer.conftest import Caller, legacy, work
from trainer.models import Model

pytestmark = pytest.mark.django_db

ROLE = "You have insufficient permissions for this operation. You need to be this role: Owner."


def made(caller: Caller) -> str:
    model = work(legacy(caller, n_epochs=1)["id"]).fine_tuned_model
    assert model is not None
    return model.name


class TestList:
    def test_the_bases_say_what_they_are(self, owner: Caller) -> None:
        listed = owner.get("models")
        names = [model["id"] for model in listed["data"]]
        assert names == ["ada", "babbage", "curie", "davinci", "babbage-002", "davinci-002", "gpt-3.5-turbo-0613"]
        for model in listed["data"]:
            assert model["owned_by"] == "tunedeck-trainer"
            assert "no OpenAI model" in model["description"]
            assert "knows nothing before it is trained" in model["description"]
            assert model["shutdown_date"] is None

    def test_an_own_model_names_where_it_comes_from(self, owner: Caller) -> None:
        name = made(owner)
        (model,) = (model for model in owner.get("models")["data"] if model["id"] == name)
        assert (model["object"], model["owned_by"], model["root"], model["parent"]) == ("model", "acme", "ada", "ada")


class TestGet:
    @pytest.mark.parametrize("colon", [":", "%3A", "%3a"])
    def test_colons_may_be_raw_or_quoted(self, owner: Caller, colon: str) -> None:
        name = made(owner)
        response = owner.client.get(f"/v1/models/{name.replace(':', colon)}")
        assert response.json()["id"] == name

    def test_an_unknown_model_is_a_404(self, owner: Caller) -> None:
        error = owner.get("models/gpt-9", 404)["error"]
        assert error["code"] == "model_not_found"
        assert "gpt-9" in error["message"]


class TestDelete:
    def test_the_owner_may(self, owner: Caller) -> None:
        name = made(owner)
        path = Model.objects.get().path
        assert path.exists()
        assert owner.delete(f"models/{name}") == {"id": name, "object": "model", "deleted": True}
        assert not path.exists()
        assert name not in [model["id"] for model in owner.get("models")["data"]]

    def test_a_member_may_not(self, owner: Caller, member: Caller) -> None:
        name = made(owner)
        error = member.delete(f"models/{name}", 403)["error"]
        assert error["message"] == ROLE
        assert owner.get(f"models/{name}")["id"] == name

    def test_a_deleted_model_answers_no_more(self, owner: Caller) -> None:
        name = made(owner)
        ask = {"model": name, "prompt": "x", "max_tokens": 1}
        owner.post("completions", ask)
        owner.delete(f"models/{name}")
        error = owner.post("completions", ask, 404)["error"]
        assert error["code"] == "model_not_found"
        owner.delete(f"models/{name}", 404)

    def test_a_model_whose_folder_is_gone_answers_no_more_either(self, owner: Caller) -> None:
        name = made(owner)
        model = Model.objects.get()
        model.path.rename(model.path.with_name("elsewhere"))
        assert owner.post("completions", {"model": name}, 404)["error"]["code"] == "model_not_found"

    @pytest.mark.parametrize("name", ["ada", "gpt-9"])
    def test_a_base_or_unknown_model_is_a_404(self, owner: Caller, name: str) -> None:
        assert owner.delete(f"models/{name}", 404)["error"]["code"] == "model_not_found"

    def test_the_fine_tune_keeps_the_name(self, owner: Caller) -> None:
        name = made(owner)
        owner.delete(f"models/{name}")
        assert owner.get("fine-tunes")["data"][0]["fine_tuned_model"] == name
