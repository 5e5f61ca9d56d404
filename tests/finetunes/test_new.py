"""The form that starts a fine-tune: every parameter, sentences for mistakes, one job however often it is sent."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connections.models import Connection
from datasets.models import Version
from finetunes import bases
from finetunes.forms.fields import AutoField, BetasField, PairsField
from finetunes.models import FineTune, Model
from finetunes.statuses import Status
from teams.models import AuditEntry
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune, new_version
from tests.finetunes.provider import Provider, lost, status

URL = "/finetunes/new/"


def filled(chosen: Version, connection: Connection, **changes: Any) -> dict[str, Any]:
    values = {
        "token": str(uuid.uuid4()),
        "was": f"{chosen.pk}:legacy",
        "version": chosen.pk,
        "connection": connection.pk,
        "base_model": "ada",
        "suffix": "ticket triage",
        "use_validation": "on",
        "n_epochs": "",
    }
    values |= changes
    return {name: value for name, value in values.items() if value is not None}


@pytest.fixture(autouse=True)
def provider_is_there(at_work: Provider) -> Provider:
    return at_work


class TestShowing:
    def test_the_form_offers_what_the_connection_has(self, member_client: Client, version: Version) -> None:
        page = member_client.get(URL).content.decode()
        assert '<option value="ada" selected>' in page
        assert '<option value="babbage-002">' in page
        assert "whisper-1" not in page

    def test_it_says_what_the_provider_says_of_a_base(self, member_client: Client, version: Version) -> None:
        page = member_client.get(URL).content.decode()
        assert "A small base of our own. Owned by trainer." in page

    def test_a_chat_model_is_not_offered_for_prompts(self, member_client: Client, version: Version) -> None:
        assert "gpt-3.5-turbo-0613" not in member_client.get(URL).content.decode()

    def test_chats_are_offered_chat_models(self, member_client: Client, people: People, connection: Connection) -> None:
        new_version(people, "Chats", format="chat", task="chat", labels=[])
        page = member_client.get(URL).content.decode()
        assert '<option value="gpt-3.5-turbo-0613" selected>' in page
        assert '<option value="ada"' not in page

    def test_where_no_model_learns_from_preferences_it_is_said_before_anything_is_sent(
        self, member_client: Client, people: People, connection: Connection
    ) -> None:
        version = new_version(people, "Pairs", format="preference", task="preference", labels=[])
        page = member_client.get(URL).content.decode()
        assert "direct preference optimization (DPO), and none of its models is known to do that." in page
        assert f'href="/datasets/{version.dataset_id}/columns/">Change the format</a>' in page
        assert re.search(r'id="start"[^>]* disabled', page)
        sent = member_client.post(
            URL, filled(version, connection, was=f"{version.pk}:jobs", base_model="gpt-3.5-turbo-0613")
        )
        assert "it cannot learn data of this format." in sent.content.decode()
        assert not FineTune.objects.exists()

    @pytest.mark.parametrize(("name", "told"), [("gpt-4.1-mini-2025-04-14", False), ("Qwen/Qwen3-8B", True)])
    def test_models_that_may_learn_from_preferences_are_offered_with_the_method(
        self, member_client: Client, people: People, at_work: Provider, name: str, told: bool
    ) -> None:
        at_work.models[name] = {"id": name, "object": "model", "created": 1, "owned_by": "someone"}
        new_version(people, "Pairs", format="preference", task="preference", labels=[])
        page = member_client.get(URL).content.decode()
        assert f'<option value="{name}" selected>' in page
        assert "Method: direct preference optimization (DPO)" in page
        assert ("The name of this model does not tell" in page) is told

    def test_a_classifier_with_two_classes_is_filled_in(self, member_client: Client, version: Version) -> None:
        page = member_client.get(URL).content.decode()
        assert re.search(r'name="compute_classification_metrics"[^>]* checked', page)
        assert '<option value=" billing" selected>“ billing”</option>' in page

    def test_a_classifier_with_more_classes_gets_their_number(
        self, member_client: Client, people: People, connection: Connection
    ) -> None:
        new_version(people, "Three", labels=[" a", " b", " c"])
        page = member_client.get(URL).content.decode()
        assert re.search(r'name="classification_n_classes" value="3"', page)

    def test_epochs_are_filled_in_with_the_reason(self, member_client: Client, version: Version) -> None:
        page = member_client.get(URL).content.decode()
        assert re.search(r'name="n_epochs" value="4"', page)
        assert "Why these values" in page
        assert "Classes are learned by seeing each example several times." in page

    def test_texts_are_filled_in_with_fewer_epochs_and_a_lower_rate(
        self, member_client: Client, people: People, connection: Connection
    ) -> None:
        new_version(people, "Ads", task="generation", labels=[], ending=" END")
        page = member_client.get(URL).content.decode()
        assert re.search(r'name="n_epochs" value="2"', page)
        assert re.search(r'name="learning_rate_multiplier" value="0.025"', page)
        assert "“␣END”" in page
        assert re.search(r"12,000 × 2 =\s+24,000", re.sub(r"<[^>]+>|\s+", " ", page)), "the card counts with them"

    def test_the_base_that_suits_the_task_is_chosen_where_the_connection_has_it(
        self, member_client: Client, people: People, connection: Connection, at_work: Provider
    ) -> None:
        at_work.models["curie"] = {**at_work.models["ada"], "id": "curie"}
        new_version(people, "Ads", task="generation", labels=[])
        page = member_client.get(URL).content.decode()
        assert '<option value="curie" selected>' in page
        assert "Writing takes a larger base" in page

    def test_a_base_that_is_not_there_is_not_advised(
        self, member_client: Client, people: People, connection: Connection
    ) -> None:
        new_version(people, "Ads", task="generation", labels=[])
        page = member_client.get(URL).content.decode()
        assert '<option value="ada" selected>' in page
        assert "Writing takes a larger base" not in page

    def test_the_current_generation_gets_the_epochs_and_chooses_the_rate(
        self, member_client: Client, people: People, connection: Connection
    ) -> None:
        new_version(people, "Ads", task="generation", labels=[])
        page = member_client.get(URL, {"base_model": "babbage-002"}).content.decode()
        assert re.search(r'name="n_epochs" value="2"', page)
        assert not re.search(r'name="learning_rate_multiplier" value="', page)

    def test_a_copy_of_one_that_left_it_to_the_provider_does_so_too(
        self, member_client: Client, people: People, connection: Connection, version: Version
    ) -> None:
        old = new_fine_tune(people, connection, version, hyperparameters={})
        page = member_client.get(URL, {"from": old.pk}).content.decode()
        assert not re.search(r'name="n_epochs" value="', page)

    def test_no_classifier_is_left_alone(self, member_client: Client, people: People, connection: Connection) -> None:
        new_version(people, "Ads", task="generation", labels=[])
        page = member_client.get(URL).content.decode()
        assert not re.search(r'name="compute_classification_metrics"[^>]* checked', page)

    @pytest.mark.parametrize(
        "name",
        [
            "n_epochs",
            "batch_size",
            "learning_rate_multiplier",
            "prompt_loss_weight",
            "compute_classification_metrics",
            "classification_n_classes",
            "classification_positive_class",
            "classification_betas",
            "suffix",
            "use_validation",
        ],
    )
    def test_every_legacy_parameter_has_a_field_a_default_and_a_sentence(
        self, member_client: Client, version: Version, name: str
    ) -> None:
        page = member_client.get(URL).content.decode()
        assert f'name="{name}"' in page
        help_text = re.search(rf'id="id_{name}_helptext">([^<]+)<', page)
        assert help_text
        assert re.search(r"blank|default|unless chosen", help_text[1], re.I)

    @pytest.mark.parametrize(
        "name",
        ["n_epochs", "batch_size", "learning_rate_multiplier", "seed", "metadata", "wandb_project", "suffix"],
    )
    def test_every_current_parameter_has_a_field(self, member_client: Client, version: Version, name: str) -> None:
        page = member_client.get(URL, {"base_model": "babbage-002"}).content.decode()
        assert f'name="{name}"' in page
        assert "prompt_loss_weight" not in page

    def test_the_card_says_what_it_will_take(self, member_client: Client, version: Version) -> None:
        page = member_client.get(URL, {"n_epochs": "2"}).content.decode()
        text = re.sub(r"<[^>]+>|\s+", " ", page)
        assert re.search(r"12,000 × 2 =\s+24,000", text)
        assert re.search(r"Steps\s+800", text)
        assert re.search(r"Estimated time\s+unknown", text)

    def test_a_change_gets_the_form_alone_and_keeps_what_was_typed(
        self, member_client: Client, version: Version, connection: Connection
    ) -> None:
        data = filled(version, connection, suffix="my own", n_epochs="3", compute_classification_metrics=None)
        answer = member_client.get(URL, data, headers={"HX-Request": "true", "HX-Target": "new-fine-tune"})
        page = answer.content.decode()
        assert "<html" not in page
        assert 'value="my own"' in page
        assert f'value="{data["token"]}"' in page
        assert not re.search(r'name="compute_classification_metrics"[^>]* checked', page), "it was switched off by hand"

    def test_another_dataset_brings_its_own_suggestions(
        self, member_client: Client, people: People, version: Version, connection: Connection
    ) -> None:
        other = new_version(people, "Three", labels=[" a", " b", " c"])
        page = member_client.get(URL, filled(version, connection, version=other.pk)).content.decode()
        assert re.search(r'name="classification_n_classes" value="3"', page)

    def test_a_copy_starts_from_what_was_sent(
        self, member_client: Client, people: People, connection: Connection, version: Version
    ) -> None:
        old = new_fine_tune(
            people,
            connection,
            version,
            suffix="first-try",
            hyperparameters={"n_epochs": 7, "classification_betas": [0.5, 2]},
        )
        page = member_client.get(URL, {"from": old.pk}).content.decode()
        assert 'value="first-try"' in page
        assert re.search(r'name="n_epochs" value="7"', page)
        assert 'value="0.5, 2"' in page

    def test_a_fine_tuned_model_can_be_continued(
        self, member_client: Client, people: People, connection: Connection, version: Version, at_work: Provider
    ) -> None:
        name = "ada:ft-example-2026-01-01"
        at_work.models[name] = {"id": name, "object": "model", "created": 1, "owned_by": "example"}
        model = Model.objects.create(
            organization=people.organization, connection=connection, name=name, base_model="ada", version=version
        )
        page = member_client.get(URL, {"model": model.pk}).content.decode()
        assert f'<option value="{name}" selected>' in page
        assert "Learning on from a fine-tuned model" in page

    def test_a_deleted_model_is_not_offered(
        self, people: People, connection: Connection, at_work: Provider, version: Version
    ) -> None:
        from django.utils import timezone

        name = "ada:ft-example-2026-01-01"
        at_work.models[name] = {"id": name, "object": "model", "created": 1, "owned_by": "example"}
        Model.objects.create(
            organization=people.organization,
            connection=connection,
            name=name,
            base_model="ada",
            deleted_at=timezone.now(),
        )
        assert bases.offered(connection).get(name) is None


class TestNothingToChooseFrom:
    def test_without_a_dataset_it_leads_to_the_upload(self, member_client: Client, connection: Connection) -> None:
        page = member_client.get(URL).content.decode()
        assert reverse("datasets:upload") in page
        assert 'name="token"' not in page

    def test_without_a_connection_too(
        self, owner_client: Client, member_client: Client, version: Version, connection: Connection
    ) -> None:
        connection.delete()
        assert reverse("connections:list") in owner_client.get(URL).content.decode()
        assert "An owner can add one." in member_client.get(URL).content.decode()

    def test_a_provider_that_does_not_answer_is_said_with_a_retry(
        self, member_client: Client, version: Version, at_work: Provider
    ) -> None:
        at_work.break_next("GET", "/models", status(401, "Incorrect API key provided."))
        page = member_client.get(URL).content.decode()
        assert "Incorrect API key provided." in page
        assert "Try again" in page
        assert "disabled" in page
        again = member_client.get(URL, {"again": ""}).content.decode()
        assert '<option value="ada" selected>' in again

    def test_a_failure_is_not_remembered_but_an_answer_is(self, connection: Connection, at_work: Provider) -> None:
        at_work.break_next("GET", "/models", status(401))
        assert bases.offered(connection).problem
        assert bases.offered(connection).bases
        asked = len(at_work.requests)
        assert bases.offered(connection).bases
        assert len(at_work.requests) == asked
        assert bases.offered(connection, fresh=True).bases
        assert len(at_work.requests) == asked + 1

    def test_a_connection_that_is_down_is_a_problem_and_no_crash(self, connection: Connection) -> None:
        provider = Provider()
        import httpx

        provider.break_next("GET", "/models", lost(httpx.ConnectError))
        assert "Could not connect" in bases.offered(connection, client=provider.client("both"), fresh=True).problem


class TestStarting:
    def test_it_commits_the_intent_and_leads_to_its_page(
        self, member_client: Client, people: People, version: Version, connection: Connection
    ) -> None:
        answer = member_client.post(URL, filled(version, connection, n_epochs="2"))
        made = FineTune.objects.get()
        assert answer.status_code == 302
        assert answer["Location"] == made.get_absolute_url()
        assert made.status == Status.SENDING
        assert made.hyperparameters == {"n_epochs": 2}
        assert made.started_by == people.member
        assert made.name == "ticket triage"
        entry = AuditEntry.objects.get(action="fine-tune.created")
        assert entry.actor == people.member

    def test_every_legacy_setting_is_sent_as_chosen(
        self, member_client: Client, version: Version, connection: Connection
    ) -> None:
        data = filled(
            version,
            connection,
            n_epochs="2",
            batch_size="8",
            learning_rate_multiplier="0.05",
            prompt_loss_weight="0",
            compute_classification_metrics="on",
            classification_positive_class=" refund",
            classification_betas="0.5, 2",
        )
        assert member_client.post(URL, data).status_code == 302
        assert FineTune.objects.get().hyperparameters == {
            "n_epochs": 2,
            "batch_size": 8,
            "learning_rate_multiplier": 0.05,
            "prompt_loss_weight": 0.0,
            "compute_classification_metrics": True,
            "classification_positive_class": " refund",
            "classification_betas": [0.5, 2.0],
        }

    def test_every_current_setting_is_sent_as_chosen(
        self, member_client: Client, version: Version, connection: Connection
    ) -> None:
        data = filled(
            version,
            connection,
            base_model="babbage-002",
            n_epochs="3",
            batch_size="auto",
            learning_rate_multiplier="1.5",
            seed="42",
            metadata="team=support\nstage = test",
            wandb_project="tunes",
            wandb_tags="a, b",
        )
        assert member_client.post(URL, data).status_code == 302
        made = FineTune.objects.get()
        assert made.dialect == "jobs"
        assert made.hyperparameters == {"n_epochs": 3, "batch_size": "auto", "learning_rate_multiplier": 1.5}
        assert made.seed == 42
        assert made.metadata == {"team": "support", "stage": "test"}
        assert made.integrations == [{"type": "wandb", "wandb": {"project": "tunes", "tags": ["a", "b"]}}]

    def test_a_double_click_starts_one(self, member_client: Client, version: Version, connection: Connection) -> None:
        data = filled(version, connection)
        first, second = (member_client.post(URL, data) for _ in range(2))
        assert first["Location"] == second["Location"]
        assert FineTune.objects.count() == 1
        assert AuditEntry.objects.filter(action="fine-tune.created").count() == 1

    def test_continuing_remembers_the_parent(
        self, member_client: Client, people: People, version: Version, connection: Connection, at_work: Provider
    ) -> None:
        name = "ada:ft-example-2026-01-01"
        at_work.models[name] = {"id": name, "object": "model", "created": 1, "owned_by": "example"}
        model = Model.objects.create(
            organization=people.organization, connection=connection, name=name, base_model="ada", version=version
        )
        member_client.post(URL, filled(version, connection, base_model=name))
        made = FineTune.objects.get()
        assert made.parent == model
        assert made.dialect == "legacy"


MISTAKES = [
    ({"n_epochs": "0"}, "greater than or equal to 1"),
    ({"n_epochs": "many"}, "Enter a whole number"),
    ({"batch_size": "-2"}, "greater than or equal to 1"),
    ({"learning_rate_multiplier": "0"}, "greater than or equal to"),
    ({"suffix": "x" * 41}, "at most 40 characters"),
    ({"suffix": "---"}, "at least one letter or digit"),
    ({"compute_classification_metrics": "on"}, "Choose the positive class"),
    (
        {"compute_classification_metrics": "on", "classification_positive_class": " billing", "use_validation": None},
        "measured on validation data",
    ),
    (
        {"compute_classification_metrics": "on", "classification_n_classes": "3", "classification_betas": "2"},
        "F-beta values need a positive class",
    ),
    ({"classification_betas": "one"}, "numbers above 0"),
    ({"classification_positive_class": "refund"}, "not one of the available choices"),
    ({"base_model": "gpt-3.5-turbo-0613"}, "cannot learn data of this format"),
    ({"base_model": "davinci-of-dreams"}, "has no such model"),
    ({"base_model": "babbage-002", "n_epochs": "51"}, "from 1 to 50"),
    ({"base_model": "babbage-002", "batch_size": "a few"}, "Write auto, or a number"),
    ({"base_model": "babbage-002", "learning_rate_multiplier": "0"}, "above 0"),
    ({"base_model": "babbage-002", "learning_rate_multiplier": "nan"}, "above 0"),
    ({"base_model": "babbage-002", "metadata": "no sign"}, "one name=value a line"),
    ({"base_model": "babbage-002", "wandb_name": "run"}, "Name the project"),
    ({"base_model": "babbage-002", "seed": "-1"}, "greater than or equal to 0"),
    ({"token": "nonsense"}, "This form is damaged"),
]


@pytest.mark.parametrize(("changes", "sentence"), MISTAKES)
def test_a_mistake_is_explained_and_nothing_is_started(
    member_client: Client, version: Version, connection: Connection, changes: dict[str, str], sentence: str
) -> None:
    answer = member_client.post(URL, filled(version, connection, **changes))
    assert answer.status_code == 422
    assert sentence in answer.content.decode().replace("&#x27;", "'")
    assert not FineTune.objects.exists()


class TestFields:
    @pytest.mark.parametrize(("text", "value"), [("", None), ("AUTO ", "auto"), ("3", 3), (" 7 ", 7)])
    def test_auto_or_a_number(self, text: str, value: object) -> None:
        assert AutoField(whole=True, least=1, most=50).clean(text) == value

    def test_numbers_between_commas_or_spaces(self) -> None:
        assert BetasField(required=False).clean("0.5, 1;2  3") == [0.5, 1, 2, 3]
        assert BetasField(required=False).clean("") == []

    def test_lines_of_pairs(self) -> None:
        assert PairsField(required=False).clean("a=1\n\n b = x=y ") == {"a": "1", "b": "x=y"}

    def test_too_many_pairs(self) -> None:
        from django.core.exceptions import ValidationError

        with pytest.raises(ValidationError):
            PairsField(required=False).clean("\n".join(f"k{number}=v" for number in range(16)))


class TestAccess:
    def test_a_viewer_may_not_start_one(self, viewer_client: Client, version: Version, connection: Connection) -> None:
        assert viewer_client.get(URL).status_code == 403
        assert viewer_client.post(URL, filled(version, connection)).status_code == 403
        assert not FineTune.objects.exists()

    def test_a_stranger_is_asked_to_sign_in(self, client: Client, db: None) -> None:
        assert "/accounts/login/" in client.get(URL)["Location"]

    def test_other_methods_are_refused(self, member_client: Client) -> None:
        assert member_client.delete(URL).status_code == 405

    def test_data_and_connections_of_another_organization_cannot_be_used(
        self, outsider_client: Client, people: People, version: Version, connection: Connection
    ) -> None:
        outsider_client.post(URL, filled(version, connection))
        elsewhere = people.outsider.organizations.get()
        Connection.objects.create(
            organization=elsewhere, name="Theirs", base_url=connection.base_url, dialect="both", key="k"
        )
        theirs = new_version(People(elsewhere, people.outsider, people.outsider, people.outsider, people.outsider), "Theirs")
        answer = outsider_client.post(URL, filled(version, connection))
        assert answer.status_code == 422
        outsider_client.post(URL, filled(theirs, connection))
        assert not FineTune.objects.exists()
