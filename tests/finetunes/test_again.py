"""The way out: what a provider trains no more, and what was trained elsewhere, is trained on another connection."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connections.models import Connection
from datasets.advance import advance
from datasets.models import Dataset, Version
from finetunes import again
from finetunes.models import FineTune, KeptFile
from finetunes.statuses import Status
from teams.models import AuditEntry
from tests.conftest import People
from tests.finetunes.provider import Provider, status
from tests.finetunes.stepping import steps
from tests.finetunes.test_elsewhere import words

LINES = b"".join(b'{"prompt":"%d ->","completion":" %s"}\n' % (n, b"even" if n % 2 else b"odd") for n in range(40))


@pytest.fixture
def elsewhere(people: People, at_work: Provider, connection: Connection) -> Connection:
    """Another connection, to a provider that answers."""
    return Connection.objects.create(
        organization=people.organization, name="Elsewhere", base_url=connection.base_url, dialect="both", key="sk-test"
    )


@pytest.fixture
def turned_away(fine_tune: FineTune, at_work: Provider) -> FineTune:
    closed = status(403, "Your organization can no longer create training jobs.", code="training_not_available")
    at_work.break_next("POST", "/fine-tunes", closed)
    return steps(fine_tune, at_work.client(), 4)


@pytest.fixture
def imported(people: People, connection: Connection) -> FineTune:
    return FineTune.objects.create(
        organization=people.organization,
        connection=connection,
        dialect="legacy",
        name="from a script",
        base_model="ada",
        status=Status.SUCCEEDED,
        remote_id="ft-7",
        imported_at=timezone.now(),
        settled_at=timezone.now(),
        training_file_id="file-7",
        validation_file_id="file-8",
        resolved={"n_epochs": 2, "prompt_loss_weight": 0.01, "batch_size": 1},
    )


@pytest.fixture
def kept(imported: FineTune) -> FineTune:
    for id, role in (("file-7", "training"), ("file-8", "validation")):
        row = KeptFile(connection=imported.connection, remote_id=id, role=role, state="kept", filename=f"{id}.jsonl")
        row.content.save("x", ContentFile(LINES), save=False)
        row.size = len(LINES)
        row.save()
    return imported


def see(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def field(html: str, name: str) -> str:
    (tag,) = re.findall(rf'<input[^>]*name="{name}"[^>]*>', html)
    found = re.search(r'value="([^"]*)"', tag)
    return found[1] if found else ""


def chosen(html: str, name: str) -> str:
    (select,) = re.findall(rf'<select[^>]*name="{name}".*?</select>', html, re.DOTALL)
    found = re.search(r'<option value="([^"]*)" selected', select)
    return found[1] if found else ""


class TestTurnedAway:
    def test_it_is_a_state_with_words_and_a_way_out(
        self, member_client: Client, turned_away: FineTune, elsewhere: Connection
    ) -> None:
        assert turned_away.was_turned_away
        html = see(member_client, turned_away.get_absolute_url())
        said = words(html)
        assert "Trainer starts no more fine-tunes for this account." in said
        assert "Nothing was started and nothing is charged." in said
        assert "Not accepted" in said
        assert "Train this on Elsewhere" in said
        assert "The fine-tune failed" not in said
        assert "notice bad" not in html

    @pytest.mark.parametrize("page", ["/", "/finetunes/"])
    def test_lists_do_not_call_it_a_failure(self, member_client: Client, turned_away: FineTune, page: str) -> None:
        html = see(member_client, page)
        assert '<span class="badge wait">Not accepted</span>' in html
        assert '<span class="badge bad">' not in html

    def test_without_another_connection_it_says_what_to_do(self, member_client: Client, turned_away: FineTune) -> None:
        said = words(see(member_client, turned_away.get_absolute_url()))
        assert "There is no other connection that trains. An owner can add one" in said

    def test_one_click_carries_data_base_and_settings(
        self, member_client: Client, turned_away: FineTune, elsewhere: Connection, version: Version
    ) -> None:
        FineTune.objects.update(hyperparameters={"n_epochs": 9, "batch_size": 2})
        ((_target, address),) = [(one, again.form(turned_away, one, version)) for one in again.others(turned_away)]
        html = see(member_client, address)
        assert chosen(html, "connection") == str(elsewhere.pk)
        assert chosen(html, "version") == str(version.pk)
        assert chosen(html, "base_model") == "ada"
        assert (field(html, "n_epochs"), field(html, "batch_size"), field(html, "suffix")) == ("9", "2", "ticket-triage")
        assert "The data and all settings were taken over as they were." in words(html)

    def test_what_differs_there_is_said_and_stays_said_while_the_form_changes(
        self, member_client: Client, turned_away: FineTune, elsewhere: Connection, version: Version
    ) -> None:
        FineTune.objects.update(hyperparameters={"n_epochs": 3, "prompt_loss_weight": 0.1, "learning_rate_multiplier": 0.2})
        Connection.objects.filter(pk=elsewhere.pk).update(dialect="jobs")
        html = see(member_client, again.form(turned_away, elsewhere, version))
        said = words(html)
        assert "From ticket-triage on Trainer" in said
        assert "Prompt loss weight 0.1" in said
        assert field(html, "learning_rate_multiplier") == ""
        assert field(html, "n_epochs") == "3"
        fields = {"from": turned_away.pk, "connection": elsewhere.pk, "version": version.pk, "was": f"{version.pk}:jobs"}
        html = see(member_client, f"{reverse('finetunes:new')}?{'&'.join(f'{k}={v}' for k, v in fields.items())}&n_epochs=5")
        assert "Prompt loss weight 0.1" in words(html)
        assert field(html, "n_epochs") == "5", "what a person chose afterwards is theirs"

    def test_a_closed_connection_says_so_in_the_form_and_is_not_the_first_choice(
        self, member_client: Client, turned_away: FineTune, elsewhere: Connection, connection: Connection
    ) -> None:
        assert chosen(see(member_client, reverse("finetunes:new")), "connection") == str(elsewhere.pk)
        html = see(member_client, f"{reverse('finetunes:new')}?connection={connection.pk}")
        assert "Trainer starts no fine-tunes for this account." in words(html)


class TestChoosing:
    def test_data_that_is_here_leads_straight_to_the_form(
        self, member_client: Client, fine_tune: FineTune, elsewhere: Connection, version: Version
    ) -> None:
        html = see(member_client, reverse("finetunes:again", args=[fine_tune.pk]))
        assert f"/finetunes/new/?from={fine_tune.pk}&amp;connection={elsewhere.pk}&amp;version={version.pk}" in html
        assert "Train on Trainer" not in html, "it is where it was"

    def test_a_connection_that_trains_no_more_is_not_offered(
        self, member_client: Client, fine_tune: FineTune, elsewhere: Connection
    ) -> None:
        elsewhere.close_training("no")
        assert "There is no other connection that trains." in see(
            member_client, reverse("finetunes:again", args=[fine_tune.pk])
        )

    def test_without_its_file_it_says_why_and_what_to_do(
        self, member_client: Client, imported: FineTune, elsewhere: Connection
    ) -> None:
        address = reverse("finetunes:again", args=[imported.pk])
        html = see(member_client, address)
        assert "its connection has not been archived since" in words(html)
        assert reverse("finetunes:archive", args=[imported.connection_id]) in html
        KeptFile.objects.create(
            connection=imported.connection, remote_id="file-7", role="training", state="missing", reason="gone"
        )
        assert "The provider does not have it any more." in see(member_client, address)

    def test_it_is_for_members_of_the_organization(
        self, viewer_client: Client, outsider_client: Client, kept: FineTune, elsewhere: Connection
    ) -> None:
        for name, args in (("again", []), ("again-wait", [elsewhere.pk])):
            address = reverse(f"finetunes:{name}", args=[kept.pk, *args])
            assert viewer_client.get(address).status_code == 403
            assert outsider_client.get(address).status_code == 404
        address = reverse("finetunes:again-take", args=[kept.pk, elsewhere.pk])
        assert viewer_client.post(address).status_code == 403
        assert outsider_client.post(address).status_code == 404


class TestTaking:
    def take(self, client: Client, fine_tune: FineTune, target: Connection) -> Any:
        return client.post(reverse("finetunes:again-take", args=[fine_tune.pk, target.pk]))

    def test_the_kept_file_becomes_a_version_and_the_form_is_filled_in(
        self, member_client: Client, kept: FineTune, elsewhere: Connection, people: People
    ) -> None:
        html = see(member_client, reverse("finetunes:again", args=[kept.pk]))
        assert "The training file file-7.jsonl" in html
        wait = self.take(member_client, kept, elsewhere)["Location"]
        assert "Byte for byte the same." in see(member_client, wait)
        dataset = Dataset.objects.get()
        advance(dataset.pk)
        answer = member_client.get(wait, headers={"HX-Request": "true", "HX-Target": "waiting"})
        version = dataset.versions.get()
        assert version.training.read() == version.validation.read() == LINES
        address = answer["HX-Redirect"]
        assert address == again.form(kept, elsewhere, version)
        assert member_client.get(wait)["Location"] == address
        html = see(member_client, address)
        assert (chosen(html, "base_model"), chosen(html, "version")) == ("ada", str(version.pk))
        assert (field(html, "n_epochs"), field(html, "prompt_loss_weight")) == ("2", "0.01")
        assert AuditEntry.objects.get(action="fine-tune.data-taken").actor == people.member

    def test_twice_it_is_one_dataset(self, member_client: Client, kept: FineTune, elsewhere: Connection) -> None:
        self.take(member_client, kept, elsewhere)
        self.take(member_client, kept, elsewhere)
        assert Dataset.objects.count() == 1
        advance(Dataset.objects.get().pk)
        self.take(member_client, kept, elsewhere)
        assert Version.objects.count() == 1

    def test_a_file_that_cannot_be_read_by_itself_leads_to_the_data(
        self, member_client: Client, kept: FineTune, elsewhere: Connection
    ) -> None:
        row = KeptFile.objects.get(remote_id="file-7")
        row.content.save("y", ContentFile(b'{"question":"a","answer":"b","more":"c"}\n' * 3))
        wait = self.take(member_client, kept, elsewhere)["Location"]
        advance(Dataset.objects.get().pk)
        html = see(member_client, wait)
        assert "The training file could not be read by itself." in html
        assert "every 1s" not in html

    def test_a_kept_file_that_was_lost_is_said(self, member_client: Client, kept: FineTune, elsewhere: Connection) -> None:
        KeptFile.objects.get(remote_id="file-7").content.delete(save=False)
        answer = self.take(member_client, kept, elsewhere)
        assert answer.status_code == 422
        assert "The kept file cannot be read." in answer.content.decode()
        assert not Dataset.objects.exists()
