from __future__ import annotations

import pytest
from pytest_django import Settings

from config import first_start
from connections.models import Connection
from datasets.models import Version
from finetunes import sample
from finetunes.models import FineTune
from teams.models import Membership, Organization, User
from trainer.models import Key

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare(settings: Settings) -> Settings:
    settings.SAMPLE = False
    return settings


def test_a_fresh_installation_has_an_owner_the_trainer_and_the_sample_on_its_way() -> None:
    owner = first_start.prepare()
    assert Membership.objects.owners().get().user == owner
    assert Connection.objects.get().name == first_start.TRAINER_NAME
    version = Version.objects.get()
    assert {fine_tune.training_version for fine_tune in FineTune.objects.all()} == {version}
    assert FineTune.objects.count() == 2


def test_started_again_it_makes_nothing_twice() -> None:
    first_start.prepare()
    counted = [kind.objects.count() for kind in (User, Organization, Connection, Version, FineTune, Key)]
    first_start.prepare()
    assert [kind.objects.count() for kind in (User, Organization, Connection, Version, FineTune, Key)] == counted


def test_a_start_that_died_before_the_fine_tunes_is_completed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sample, "start", dies)
        with pytest.raises(KeyboardInterrupt):
            first_start.prepare()
    first_start.prepare()
    assert (Version.objects.count(), FineTune.objects.count()) == (1, 2)


def dies(*_: object) -> None:
    raise KeyboardInterrupt


def test_no_sample_is_made_where_none_is_wanted(bare: Settings) -> None:
    first_start.prepare()
    assert not Version.objects.exists()
    assert not FineTune.objects.exists()


def test_the_connection_follows_the_trainer_to_another_port(bare: Settings) -> None:
    first_start.prepare()
    bare.TRAINER_ADDRESS = "http://127.0.0.1:9001/v1"
    first_start.prepare()
    assert Connection.objects.get().base_url == "http://127.0.0.1:9001/v1"


def test_a_renamed_connection_is_still_the_trainers(bare: Settings) -> None:
    first_start.prepare()
    Connection.objects.update(name="Our own")
    first_start.prepare()
    assert Connection.objects.get().name == "Our own"


def test_the_trainers_key_is_stored_anew_when_the_old_one_cannot_be_read_any_more(bare: Settings) -> None:
    first_start.prepare()
    bare.FIELD_KEYS = ["another"]
    first_start.prepare()
    assert Connection.objects.get().key == bare.TRAINER_KEY


def test_the_first_address_is_a_one_time_link_until_a_password_is_set(bare: Settings) -> None:
    owner = first_start.prepare()
    assert "/accounts/login/" not in first_start.link(owner)
    owner.set_password("correct horse battery")
    owner.save()
    assert first_start.link(owner) == f"{bare.SITE_ADDRESS}/accounts/login/"


def test_the_owners_key_opens_the_trainer(bare: Settings) -> None:
    first_start.prepare()
    assert Key.objects.get().role == "owner"
