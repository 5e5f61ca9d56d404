"""What differs between the settings and the data of several runs."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from datasets.models import Version
from finetunes.compare.differences import changed_versions, sections
from finetunes.models import FineTune
from tests.conftest import People
from tests.finetunes.conftest import new_version
from tests.finetunes.runs import Maker
from tests.finetunes.test_compare import page


class TestDifferences:
    def rows(self, *runs: FineTune, only: bool = True) -> dict[str, list[str]]:
        return {row.label: row.values for one in sections(runs, only_differing=only) for row in one.rows}

    def test_only_what_differs_is_shown(self, make: Maker, people: People) -> None:
        other = new_version(people, "Other", training_rows=500, separator=" ->", training_sha256="5" * 64)
        runs = make(resolved={"n_epochs": 4}), make(resolved={"n_epochs": 8}, version=other, base_model="curie")
        assert self.rows(*runs) == {
            "Base model": ["ada", "curie"],
            "Epochs": ["4", "8"],
            "Data": ["Tickets 2026 v1", "Other v1"],
            "Examples": ["400", "500"],
            "Separator": ["\\n\\n###\\n\\n", "␣->"],
        }

    def test_all_is_shown_when_asked_for(self, make: Maker) -> None:
        found = self.rows(make(), make(), only=False)
        assert found["Connection"] == ["Trainer", "Trainer"]
        assert found["Tokens in each epoch"] == ["12,000, r50k_base"] * 2

    def test_what_only_one_says_is_a_dash_with_the_other(self, make: Maker) -> None:
        assert self.rows(make(seed=7), make()) == {"Seed": ["7", "–"]}

    def test_what_the_provider_made_of_a_setting_counts(self, make: Maker) -> None:
        sent: dict[str, Any] = {"hyperparameters": {"n_epochs": "auto"}}
        assert self.rows(make(**sent, resolved={"n_epochs": 4}), make(**sent, resolved={"n_epochs": 4})) == {}
        assert self.rows(make(**sent, resolved={"n_epochs": 4}), make(**sent)) == {"Epochs": ["4", "auto"]}

    def test_texts_that_differ_late_differ(self, make: Maker, people: People, viewer_client: Client) -> None:
        texts = ["a" * 1000 + end for end in "xy"]
        runs = [make(version=new_version(people, "Set", system_message=one)) for one in texts]
        assert set(self.rows(*runs)) == {"System message"}
        assert "a" * 301 not in page(viewer_client, *runs)

    def test_a_run_from_elsewhere_has_only_the_names_of_its_files(self, make: Maker) -> None:
        files = {"file-1": {"name": "letters.jsonl"}}
        assert self.rows(make(version=None, file_names=files), make())["Data"] == ["letters.jsonl", "Tickets 2026 v1"]

    def test_alike_in_everything_is_said(self, make: Maker, viewer_client: Client) -> None:
        runs = make(), make(), make()
        assert "All settings and all data are the same." in page(viewer_client, *runs)
        assert "All settings and all data are the same." not in page(viewer_client, *runs, only="0")

    def test_with_more_than_two_only_what_differs_is_shown_at_first(self, make: Maker, viewer_client: Client) -> None:
        two, three = [make(), make(seed=1)], [make(), make(seed=1), make()]
        assert "Learning rate" not in page(viewer_client, *three)
        for runs, query, shows_all in (
            (two, {}, True),
            (three, {}, False),
            (two, {"only": ["0", "1"]}, False),
            (three, {"only": "0"}, True),
        ):
            html = page(viewer_client, *runs, **query)
            assert ('<th scope="row" class="first">Base model' in html) is shows_all, (len(runs), query)
            assert (re.search(r'id="only"[^>]*checked', html) is None) is shows_all

    def test_versions_of_one_dataset_lead_to_what_changed(
        self, make: Maker, people: People, version: Version, viewer_client: Client
    ) -> None:
        third, second = (new_version(people, "x", dataset=version.dataset, number=number) for number in (3, 2))
        other = new_version(people, "Other")
        runs = [make(version=one) for one in (third, version, other, second, second)]
        found = [(one.old.number, one.new.number) for one in changed_versions(runs)]
        assert found == [(1, 2), (2, 3)]
        html = page(viewer_client, *runs)
        assert f"/datasets/{version.dataset_id}/versions/compare/?old=1&amp;new=2" in html
        assert "Tickets 2026: what changed from v2 to v3" in html
        assert viewer_client.get(changed_versions(runs)[0].address).status_code == 200
