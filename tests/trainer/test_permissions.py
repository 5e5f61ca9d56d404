"""An owner lets other organizations use a model, and takes it back."""

from __future__ import annotations

import pytest

from tests.trainer.conftest import Caller, caller, current, model, pairs, work
from trainer.models import Checkpoint, Organization, Permission, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def name(owner: Caller) -> str:
    return model(owner, "babbage-002", pairs(4))


@pytest.fixture
def address(name: str) -> str:
    return f"fine_tuning/checkpoints/{name}/permissions"


def project(slug: str) -> str:
    return Organization.objects.get_or_create(slug=slug)[0].public_id


def permit(owner: Caller, address: str, *slugs: str) -> list[str]:
    made = owner.post(address, {"project_ids": [project(slug) for slug in slugs]})
    return [item["id"] for item in made["data"]]


class TestCreate:
    def test_the_other_organization_sees_and_asks_the_model(
        self, owner: Caller, outsider: Caller, name: str, address: str
    ) -> None:
        ask = {"model": name, "prompt": "number 2 is ->", "max_tokens": 1}
        outsider.post("completions", ask, 404)

        made = owner.post(address, {"project_ids": [project("elsewhere")]})

        (permission,) = made["data"]
        assert (made["object"], made["has_more"]) == ("list", False)
        assert made["first_id"] == made["last_id"] == permission["id"]
        assert permission["id"].startswith("cp_")
        assert permission["object"] == "checkpoint.permission"
        assert permission["project_id"] == project("elsewhere")
        assert outsider.post("completions", ask)["model"] == name
        assert outsider.get(f"models/{name}")["owned_by"] == "acme"
        assert name in [item["id"] for item in outsider.get("models")["data"]]

    def test_it_neither_deletes_nor_trains_nor_permits_with_it(
        self, owner: Caller, outsider: Caller, name: str, address: str
    ) -> None:
        permit(owner, address, "elsewhere")
        outsider.delete(f"models/{name}", 404)
        outsider.post(address, {"project_ids": [project("elsewhere")]}, 404)
        outsider.get(address, 404)
        file = outsider.upload(pairs())["id"]
        assert outsider.refused("fine_tuning/jobs", {"model": name, "training_file": file})["param"] == "model"

    def test_others_still_see_nothing(self, owner: Caller, name: str, address: str) -> None:
        permit(owner, address, "elsewhere")
        third = caller(Role.OWNER, "third")
        third.get(f"models/{name}", 404)

    def test_permitting_again_changes_nothing(self, owner: Caller, address: str) -> None:
        assert permit(owner, address, "elsewhere") == permit(owner, address, "elsewhere", "elsewhere")
        assert Permission.objects.count() == 1

    def test_an_unknown_project_permits_nobody(self, owner: Caller, outsider: Caller, address: str) -> None:
        error = owner.refused(address, {"project_ids": [project("elsewhere"), "proj_unknown"]})
        assert (error["param"], error["code"]) == ("project_ids", "project_not_found")
        assert "proj_unknown" in error["message"]
        assert not Permission.objects.exists()

    def test_a_checkpoint_is_shared_like_a_model(self, owner: Caller, outsider: Caller) -> None:
        work(current(owner, hyperparameters={"n_epochs": 1})["id"])
        checkpoint = Checkpoint.objects.get().model.name
        permit(owner, f"fine_tuning/checkpoints/{checkpoint.replace(':', '%3A')}/permissions", "elsewhere")
        assert outsider.get(f"models/{checkpoint}")["id"] == checkpoint

    @pytest.mark.parametrize("body", [{}, {"project_ids": []}, {"project_ids": "x"}, {"project_ids": ["\0"]}])
    def test_what_names_no_projects_is_refused(self, owner: Caller, address: str, body: dict[str, object]) -> None:
        assert str(owner.refused(address, body)["param"]).startswith("project_ids")

    def test_a_base_is_nobodys_to_share(self, owner: Caller) -> None:
        owner.post("fine_tuning/checkpoints/ada/permissions", {"project_ids": ["x"]}, 404)


class TestList:
    @pytest.fixture
    def three(self, owner: Caller, address: str) -> list[str]:
        return permit(owner, address, "one", "two", "three")

    def test_the_newest_come_first_unless_asked_otherwise(self, owner: Caller, address: str, three: list[str]) -> None:
        assert [item["id"] for item in owner.get(address)["data"]] == three[::-1]
        assert [item["id"] for item in owner.get(address, order="ascending")["data"]] == three

    def test_it_comes_in_pages(self, owner: Caller, address: str, three: list[str]) -> None:
        first = owner.get(address, limit=2)
        assert first["has_more"] is True
        rest = owner.get(address, limit=2, after=first["last_id"])
        assert [item["id"] for item in (*first["data"], *rest["data"])] == three[::-1]
        assert rest["has_more"] is False

    def test_one_project_is_found(self, owner: Caller, address: str, three: list[str]) -> None:
        assert [item["id"] for item in owner.get(address, project_id=project("two"))["data"]] == [three[1]]

    def test_another_order_is_refused(self, owner: Caller, address: str) -> None:
        assert owner.get(address, 400, order="random")["error"]["param"] == "order"


class TestDelete:
    def test_the_model_is_gone_for_the_other_at_once(self, owner: Caller, outsider: Caller, name: str, address: str) -> None:
        (permission,) = permit(owner, address, "elsewhere")
        outsider.post("completions", {"model": name, "prompt": "x", "max_tokens": 1})

        deleted = owner.delete(f"{address}/{permission}")

        assert deleted == {"id": permission, "object": "checkpoint.permission", "deleted": True}
        outsider.post("completions", {"model": name, "prompt": "x", "max_tokens": 1}, 404)
        owner.delete(f"{address}/{permission}", 404)

    def test_one_of_another_model_is_not_found(self, owner: Caller, address: str) -> None:
        (permission,) = permit(owner, address, "elsewhere")
        work(current(owner, hyperparameters={"n_epochs": 1})["id"])
        other = Checkpoint.objects.get().model.name
        owner.delete(f"fine_tuning/checkpoints/{other}/permissions/{permission}", 404)


def test_only_an_owner_may(owner: Caller, member: Caller, address: str) -> None:
    (permission,) = permit(owner, address, "elsewhere")
    for answer in (
        member.get(address, 403),
        member.post(address, {"project_ids": ["x"]}, 403),
        member.delete(f"{address}/{permission}", 403),
    ):
        assert "You need to be this role: Owner." in answer["error"]["message"]
    assert Permission.objects.exists()
