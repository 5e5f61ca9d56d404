"""Shared prompts: what was in the form, under a name, for everybody in an organization."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetunes.models import Model
from playground.keep import presets
from playground.models import Preset
from teams.models import AuditEntry
from tests.conftest import People
from tests.playground.conftest import Place
from tests.playground.provider import Whole, completion

HOSTILE = "</option></select><script>alert('hi')</script>"
HX = {"HX-Request": "true", "HX-Target": "sharing"}


def said(response: Any) -> str:
    return str(response.content.decode())


def save(client: Client, model: Model, name: str = "Greeting", headers: dict[str, str] | None = None, **fields: Any) -> Any:
    data = {"model": model.pk, "format": "prompt-completion", "prompt": "bag", "preset_name": name, **fields}
    return client.post(reverse("playground:save_preset"), data, headers=headers)


def opened(client: Client, preset: Preset, **more: Any) -> Any:
    return client.get(reverse("playground:home"), {"preset": preset.pk, **more})


def preset_of(people: People, **given: Any) -> Preset:
    fields: dict[str, Any] = {"name": "Greeting", "format": "prompt-completion", "entered": {"prompt": ["Hello"]}, **given}
    return Preset.objects.create(organization=people.organization, **fields)


class TestSaving:
    def test_everything_in_the_form_is_shared(self, people: People, member_client: Client, writer: Model) -> None:
        response = save(member_client, writer, temperature="0.25", stop="\\n\nEND", attempt="3", csrfmiddlewaretoken="x")
        preset = Preset.objects.get()
        assert response["Location"] == f"{reverse('playground:home')}?preset={preset.pk}"
        assert preset.entered == {"prompt": ["bag"], "temperature": ["0.25"], "stop": ["\\n\nEND"]}
        assert (preset.key, preset.model_name, preset.created_by) == ("", "", people.member)
        assert AuditEntry.objects.get(action="preset.saved").target_name == "Greeting"

    def test_a_colleague_opens_it_with_everything_filled_in(
        self, member_client: Client, viewer_client: Client, writer: Model
    ) -> None:
        save(member_client, writer, temperature="0.25")
        page = opened(viewer_client, Preset.objects.get())
        assert page.context["form"]["prompt"].value() == "bag"
        assert page.context["form"]["temperature"].value() == "0.25"
        assert f'<option value="{Preset.objects.get().pk}" selected>Greeting</option>' in said(page)

    def test_a_draft_that_could_not_run_yet_can_be_shared(self, member_client: Client, writer: Model) -> None:
        save(member_client, writer, prompt="")
        assert opened(member_client, Preset.objects.get()).context["form"].errors == {}

    def test_nothing_is_sent_to_the_model(self, member_client: Client, writer: Model, place: Place) -> None:
        place.provider.will(Whole(completion("x")))
        save(member_client, writer)
        assert place.provider.received == []

    def test_a_name_is_given_once(self, member_client: Client, writer: Model) -> None:
        save(member_client, writer)
        response = save(member_client, writer, prompt="something else")
        assert response.status_code == 422
        assert "There is a shared prompt of that name already" in said(response)
        assert response.context["form"]["prompt"].value() == "something else"
        assert Preset.objects.get().entered["prompt"] == ["bag"]

    def test_of_two_people_who_give_a_name_at_once_one_is_told(
        self, member_client: Client, writer: Model, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        save(member_client, writer)
        monkeypatch.setattr(presets.NameForm, "clean_preset_name", lambda form: form.cleaned_data["preset_name"])
        assert "of that name already" in said(save(member_client, writer, headers=HX))

    @pytest.mark.parametrize("name", ["", "  ", "x" * 81])
    def test_a_name_is_needed_and_fits(self, name: str, member_client: Client, writer: Model) -> None:
        response = save(member_client, writer, name, headers=HX)
        assert response.status_code == 422
        assert 'id="preset-error"' in said(response)
        assert not Preset.objects.exists()

    def test_what_is_too_long_is_refused(
        self, member_client: Client, writer: Model, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(presets, "MOST_BYTES", 10)
        assert "too long to be shared" in said(save(member_client, writer))
        monkeypatch.setattr(presets, "MOST", 0)
        assert "which is the most" in said(save(member_client, writer))

    def test_with_a_script_the_answer_stays_and_the_select_has_it(self, member_client: Client, writer: Model) -> None:
        response = save(member_client, writer, HOSTILE, headers=HX)
        page = said(response)
        assert "Saved." in page
        assert 'id="opening"' in page
        assert 'hx-swap-oob="true"' in page
        assert "<script>" not in page
        assert response["HX-Replace-Url"].endswith(f"?preset={Preset.objects.get().pk}")


class TestOpening:
    def test_an_unbound_one_opens_with_the_model_that_is_chosen(
        self, people: People, member_client: Client, writer: Model, classifier: Model
    ) -> None:
        page = opened(member_client, preset_of(people), model=writer.pk)
        assert page.context["picked"].model == writer
        assert "cannot be asked" not in said(page)

    def test_a_bound_one_opens_with_its_model(
        self, member_client: Client, writer: Model, classifier: Model, people: People
    ) -> None:
        save(member_client, writer, preset_bound="on")
        preset = Preset.objects.get()
        assert (preset.key, preset.model_name) == (str(writer.pk), writer.name)
        assert opened(member_client, preset, model=classifier.pk).context["picked"].model == writer

    def test_one_whose_model_is_gone_opens_with_another_and_says_so(
        self, people: People, member_client: Client, writer: Model, talker: Model
    ) -> None:
        Model.objects.filter(pk=writer.pk).update(deleted_at=timezone.now())
        preset = preset_of(people, key=str(writer.pk), model_name=writer.name)
        page = opened(member_client, preset, model=talker.pk)
        assert page.context["picked"].model == talker
        assert page.context["form"]["thread"].value() == [{"role": "user", "content": "Hello"}]
        assert f"{writer.name} cannot be asked any more" in said(page)

    def test_a_chat_becomes_a_text_where_the_model_takes_text(
        self, people: People, member_client: Client, writer: Model
    ) -> None:
        entered = {"role": ["user", "assistant", "user"], "content": ["a", "b", "c"]}
        page = opened(member_client, preset_of(people, format="chat", entered=entered), model=writer.pk)
        assert page.context["form"]["prompt"].value() == "c"

    def test_another_organizations_is_not_found(self, people: People, outsider_client: Client) -> None:
        preset = preset_of(people)
        assert opened(outsider_client, preset).status_code == 404
        assert "Greeting" not in said(outsider_client.get(reverse("playground:presets")))
        assert outsider_client.post(reverse("playground:delete_preset", args=[preset.pk])).status_code == 404
        rename = reverse("playground:rename_preset", args=[preset.pk])
        assert outsider_client.post(rename, {"preset_name": "x"}).status_code == 404


class TestChanging:
    def test_its_maker_overwrites_it(self, member_client: Client, writer: Model) -> None:
        save(member_client, writer)
        preset = Preset.objects.get()
        assert "Overwrite Greeting" in said(opened(member_client, preset))
        fields = {"model": writer.pk, "prompt": "hat", "preset_name": "Greeting", "preset_bound": "on"}
        response = member_client.post(reverse("playground:overwrite_preset", args=[preset.pk]), fields, headers=HX)
        preset.refresh_from_db()
        assert "Overwritten" in said(response)
        assert (preset.entered["prompt"], preset.key) == (["hat"], str(writer.pk))
        assert AuditEntry.objects.filter(action="preset.overwritten").exists()

    def test_its_maker_renames_it(self, people: People, member_client: Client) -> None:
        preset = preset_of(people, created_by=people.member)
        member_client.post(reverse("playground:rename_preset", args=[preset.pk]), {"preset_name": "Welcome"})
        preset.refresh_from_db()
        assert (preset.name, preset.changed_by) == ("Welcome", people.member)
        assert AuditEntry.objects.get(action="preset.renamed").details == {"before": "Greeting"}

    def test_a_name_that_is_taken_is_said_at_its_field(self, people: People, member_client: Client) -> None:
        preset_of(people, name="Welcome")
        preset = preset_of(people, created_by=people.member)
        response = member_client.post(reverse("playground:rename_preset", args=[preset.pk]), {"preset_name": "Welcome"})
        assert response.status_code == 422
        assert "of that name already" in said(response)

    @pytest.mark.parametrize("name", ["overwrite", "rename", "delete"])
    def test_what_others_made_only_owners_change(
        self, name: str, people: People, member_client: Client, owner_client: Client, viewer_client: Client, writer: Model
    ) -> None:
        preset = preset_of(people, created_by=people.owner)
        address = reverse(f"playground:{name}_preset", args=[preset.pk])
        fields = {"model": writer.pk, "prompt": "x", "preset_name": "Other"}
        for client in (member_client, viewer_client):
            assert client.post(address, fields).status_code == 403
            assert "Rename" not in said(client.get(reverse("playground:presets")))
            assert "Overwrite" not in said(opened(client, preset))
        assert owner_client.get(address).status_code == 405
        Preset.objects.update(created_by=people.member)
        assert owner_client.post(address, fields).status_code == 302

    def test_deleting_leaves_a_trace(self, people: People, member_client: Client) -> None:
        preset = preset_of(people, created_by=people.member)
        response = member_client.post(reverse("playground:delete_preset", args=[preset.pk]), follow=True)
        assert "Greeting is deleted" in said(response)
        assert "Nothing is shared yet" in said(response)
        assert AuditEntry.objects.get(action="preset.deleted").target_name == "Greeting"

    def test_a_viewer_saves_nothing(self, viewer_client: Client, writer: Model) -> None:
        assert save(viewer_client, writer).status_code == 403
        assert "Share this prompt" not in said(viewer_client.get(reverse("playground:home")))
