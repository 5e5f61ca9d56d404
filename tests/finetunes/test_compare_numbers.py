"""Which of several runs is best, and when nobody can say."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from connections.models import Connection
from finetunes.compare.measures import measure, names, obstacle
from finetunes.compare.summary import Summary, summary
from finetunes.models import Charge, FineTune
from finetunes.statuses import Status
from tests.conftest import People
from tests.finetunes.conftest import new_version
from tests.finetunes.runs import Maker, Points
from tests.finetunes.test_compare import address, page


def losses(value: float) -> Points:
    return {"training_loss": [value], "validation_loss": [value]}


def marks(made: Summary, key: str) -> list[str]:
    column = next(one for one in made.columns if one.key == key)
    return [column.cells[one.pk].best for one in made.runs]


def shown(made: Summary, key: str) -> list[str]:
    column = next(one for one in made.columns if one.key == key)
    return [column.cells[one.pk].text for one in made.runs]


class TestBest:
    def test_the_lowest_loss_and_the_highest_accuracy_are_best(self, make: Maker) -> None:
        points = [(0.5, 0.7), (0.25, 0.9), (0.75, 0.8)]
        runs = [make({"validation_loss": [loss], "classification/accuracy": [share]}) for loss, share in points]
        made = summary(runs, "")
        assert marks(made, "last.validation_loss") == ["", "best", ""]
        assert marks(made, "last.classification/accuracy") == ["", "best", ""]
        assert made.unmarked == {}

    def test_the_last_and_the_best_value_are_ranked_each_for_itself(self, make: Maker) -> None:
        made = summary([make({"validation_loss": [0.1, 0.6]}), make({"validation_loss": [0.4, 0.5]})], "")
        assert marks(made, "last.validation_loss") == ["", "best"]
        assert marks(made, "best.validation_loss") == ["best", ""]
        assert shown(made, "best.validation_loss") == ["0.1", "0.4"]

    def test_those_that_read_the_same_share_it(self, make: Maker) -> None:
        runs = [make({"validation_loss": [value]}) for value in (0.25001, 0.25002, 0.5)]
        assert marks(summary(runs, ""), "last.validation_loss") == ["best, shared", "best, shared", ""]

    def test_where_all_are_alike_none_is_best(self, make: Maker) -> None:
        made = summary([make({"validation_loss": [0.5]}) for _ in range(3)], "")
        assert marks(made, "last.validation_loss") == ["", "", ""]

    def test_one_alone_is_not_the_best(self, make: Maker) -> None:
        assert marks(summary([make({"validation_loss": [0.5]}), make()], ""), "last.validation_loss") == ["", ""]

    @pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
    def test_what_left_no_model_is_never_best(self, make: Maker, status: Status) -> None:
        runs = [make({"validation_loss": [value]}) for value in (0.6, 0.5)]
        broken = make({"validation_loss": [0.1]}, status=status)
        assert marks(summary([*runs, broken], ""), "last.validation_loss") == ["", "best", ""]

    def test_of_what_nobody_knows_which_way_is_better_nothing_is_marked(self, make: Maker) -> None:
        made = summary([make({"learning_rate": [value]}) for value in (0.1, 0.2)], "learning_rate")
        assert [one.key for one in made.columns if "learning" in one.key] == ["last.learning_rate"]
        assert marks(made, "last.learning_rate") == ["", ""]

    def test_more_reward_is_better(self, make: Maker) -> None:
        made = summary([make({"valid_reward_mean": [value]}) for value in (0.1, 0.2)], "valid_reward_mean")
        assert marks(made, "last.valid_reward_mean") == ["", "best"]

    def test_unknown_metrics_have_a_column_only_while_they_are_drawn(self, make: Maker) -> None:
        runs = [make({"own_number": [1.0], "training_loss": [1.0]}) for _ in range(2)]
        assert summary(runs, "training_loss").groups[0].label == "Loss, training"
        assert "own_number" not in [group.label for group in summary(runs, "training_loss").groups]
        assert "own_number" in [group.label for group in summary(runs, "own_number").groups]


class TestNotComparable:
    def why(self, name: str, *runs: FineTune) -> str:
        made = summary(runs, name)
        assert marks(made, f"last.{name}") == [""] * len(runs)
        label = measure(name).label
        return next(why for why, labels in made.unmarked.items() if label in labels)

    def test_losses_of_different_tokenizers(self, make: Maker) -> None:
        runs = [make({"validation_loss": [n]}, base_model=base) for n, base in enumerate(("ada", "babbage-002"))]
        assert "cut text into tokens" in self.why("validation_loss", *runs)

    def test_bases_with_one_tokenizer_are_comparable(self, make: Maker) -> None:
        bases = ("ada", "curie", "davinci:ft-acme-2023-01-01", "ada:ft-x")
        runs = [make({"validation_loss": [n]}, base_model=base) for n, base in enumerate(bases)]
        assert obstacle("validation_loss", runs) == ""

    def test_of_bases_of_others_only_the_same_are_comparable(self, make: Maker) -> None:
        runs = [make({"validation_loss": [1]}, base_model=base) for base in ("acme/Big-7B", "acme/Small-1B")]
        assert "tokens" in obstacle("validation_loss", runs)
        assert obstacle("validation_loss", [runs[0], runs[0]]) == ""

    def test_accuracies_of_whole_answers_do_not_depend_on_tokens(self, make: Maker) -> None:
        runs = [make({}, base_model=base) for base in ("ada", "babbage-002")]
        assert obstacle("validation_sequence_accuracy", runs) == ""
        assert obstacle("classification/accuracy", runs) == ""
        assert "tokens" in obstacle("validation_token_accuracy", runs)

    def test_validation_on_different_data(self, make: Maker, people: People) -> None:
        other = new_version(people, "Other", validation_sha256="3" * 64)
        runs = [make({"validation_loss": [1]}), make({"validation_loss": [2]}, version=other)]
        assert "different validation data" in self.why("validation_loss", *runs)

    def test_another_training_part_with_the_same_validation_part_is_what_one_wants_to_compare(
        self, make: Maker, people: People
    ) -> None:
        other = new_version(people, "Other", training_sha256="3" * 64)
        runs = [make(losses(1)), make(losses(2), version=other)]
        assert marks(summary(runs, ""), "last.validation_loss") == ["best", ""]
        assert "learned from different data" in self.why("training_loss", *runs)

    def test_imported_runs_whose_data_nobody_knows(self, make: Maker) -> None:
        runs = [make({"validation_loss": [1]}), make({"validation_loss": [2]}, version=None)]
        assert "not known which data" in self.why("validation_loss", *runs)

    def test_imported_runs_with_the_same_file_are_comparable(self, make: Maker) -> None:
        runs = [make({"validation_loss": [1]}, version=None, validation_file_id="file-v") for _ in range(2)]
        assert obstacle("validation_loss", runs) == ""

    def test_a_validation_part_that_was_not_used_says_nothing_of_the_data(self, make: Maker) -> None:
        runs = [make({"validation_loss": [1]}, use_validation=False), make({"validation_loss": [2]})]
        assert "not known" in obstacle("validation_loss", runs)

    def test_losses_with_different_prompt_loss_weights(self, make: Maker) -> None:
        runs = [make({}, resolved={"prompt_loss_weight": weight}) for weight in (0.01, 0.1)]
        assert "prompt loss weights" in obstacle("training_loss", runs)
        assert obstacle("training_sequence_accuracy", runs) == ""

    def test_losses_of_different_providers(self, make: Maker, people: People) -> None:
        other = Connection.objects.create(
            organization=people.organization, name="B", base_url="http://b.test/v1", dialect="jobs", key="k"
        )
        runs = [make(), make(connection=other)]
        assert "different providers" in obstacle("validation_loss", runs)
        assert obstacle("validation_sequence_accuracy", runs) == ""

    def test_classes_measured_otherwise(self, make: Maker) -> None:
        runs = [make(hyperparameters={"classification_positive_class": word}) for word in (" yes", " no")]
        assert "positive class" in obstacle("classification/f1.0", runs)

    def test_the_page_says_so_in_one_sentence(self, make: Maker, viewer_client: Client) -> None:
        runs = [make(losses(1)), make(losses(2), base_model="babbage-002")]
        html = page(viewer_client, *runs)
        assert "No best is marked for Loss, training; Loss, validation: the base models cut text" in html
        assert "is-best" not in html


class TestTimeAndCost:
    def test_the_shortest_and_the_cheapest_of_those_that_succeeded(self, make: Maker, people: People) -> None:
        start = timezone.now()
        runs = []
        for minutes, billed, status in ((9, "3.5", Status.SUCCEEDED), (3, "4", Status.SUCCEEDED), (1, "1", Status.FAILED)):
            times: dict[str, Any] = {
                "started_at": start,
                "finished_at": start + timedelta(minutes=minutes),
                "ended_at": start,
            }
            runs.append(make(status=status, **times))
            charge(runs[-1], people, billed=billed)
        made = summary(self.fresh(runs), "")
        assert (shown(made, "time"), marks(made, "time")) == (["9 minutes", "3 minutes", "60 seconds"], ["", "shortest", ""])
        assert (shown(made, "cost"), marks(made, "cost")) == (["3.50 USD", "4.00 USD", "1.00 USD"], ["lowest", "", ""])

    def test_an_estimate_is_called_one_and_not_ranked(self, make: Maker, people: People) -> None:
        runs = [make(), make()]
        charge(runs[0], people, billed="3")
        charge(runs[1], people, estimated="1")
        made = summary(self.fresh(runs), "")
        cost = next(one for one in made.columns if one.key == "cost")
        assert [cost.cells[one.pk].note for one in made.runs] == ["", "estimate"]
        assert marks(made, "cost") == ["", ""]
        assert made.unmarked["some costs are only estimates"] == ["Cost"]

    def test_currencies_are_not_mixed(self, make: Maker, people: People) -> None:
        runs = [make(), make()]
        for one, currency in zip(runs, ("USD", "EUR"), strict=True):
            charge(one, people, billed="3", billed_currency=currency)
        made = summary(self.fresh(runs), "")
        assert marks(made, "cost") == ["", ""]
        assert made.unmarked["the costs are in different currencies"] == ["Cost"]
        made.sort("cost")

    def test_what_is_not_known_is_a_dash(self, make: Maker) -> None:
        made = summary([make(version=None, summary={}, step=None) for _ in range(2)], "")
        assert [shown(made, key)[0] for key in ("time", "cost", "tokens", "examples", "steps")] == ["–"] * 5

    def fresh(self, runs: list[FineTune]) -> list[FineTune]:
        return list(FineTune.objects.select_related("charge").filter(pk__in=[one.pk for one in runs]).order_by("pk"))


def charge(one: FineTune, people: People, **values: Any) -> None:
    decimals = {name: Decimal(value) for name, value in values.items() if name in ("billed", "estimated")}
    currencies = {"currency": "USD", "billed_currency": values.get("billed_currency", "USD")}
    Charge.objects.create(fine_tune=one, organization=people.organization, **decimals, **currencies)


class TestSorting:
    @pytest.fixture
    def runs(self, make: Maker) -> list[FineTune]:
        values = (("B", 0.5, 3), ("A", 0.25, None), ("C", None, 9))
        return [
            make({"validation_loss": [loss]} if loss else {}, name=name, trained_tokens=tokens, base_model=f"base-{name}")
            for name, loss, tokens in values
        ]

    @pytest.mark.parametrize(
        ("by", "order"),
        [
            ("", "BAC"),
            ("last.validation_loss", "ABC"),
            ("-last.validation_loss", "BAC"),
            ("tokens", "BCA"),
            ("-tokens", "CBA"),
            ("base", "ABC"),
            ("-base", "CBA"),
            ("time", "BAC"),
            ("no such column", "BAC"),
            ("-", "BAC"),
        ],
    )
    def test_unknown_values_are_last_both_ways(self, runs: list[FineTune], by: str, order: str) -> None:
        made = summary(runs, "")
        made.sort(by)
        assert "".join(one.name for one in made.runs) == order

    def test_a_heading_leads_to_the_better_end_first_and_then_turns(self, runs: list[FineTune]) -> None:
        columns = {one.key: one for one in summary(runs, "").columns}
        loss, tokens = columns["last.validation_loss"], columns["tokens"]
        assert [loss.link(""), loss.link(loss.key), loss.link(f"-{loss.key}")] == [loss.key, f"-{loss.key}", loss.key]
        assert [tokens.link(""), tokens.link("-tokens")] == ["-tokens", "tokens"]

    def test_the_page_tells_how_it_is_sorted_and_keeps_the_rest_of_the_address(
        self, runs: list[FineTune], viewer_client: Client
    ) -> None:
        html = page(viewer_client, *runs, sort="-tokens", x="share", only="0")
        assert html.count("aria-sort") == 1
        assert re.search(r'aria-sort="descending"[^>]*><a href="\?[^"]*sort=tokens[^"]*#numbers">Trained tokens', html)
        links = re.findall(r'href="(\?[^"]*)#numbers"', html)
        assert all("x=share" in one and "only=0" in one and one.count("run=") == 3 for one in links)

    def test_colours_stay_with_their_run_whatever_the_order(self, runs: list[FineTune], viewer_client: Client) -> None:
        for sort in ("tokens", "-tokens"):
            body = page(viewer_client, *runs, sort=sort).partition("<tbody>")[2].partition("</tbody>")[0]
            found = dict(re.findall(r'swatch tone-(series-\d).*?wrap-any" href="[^"]+">(\w)<', body, re.S))
            assert found == {"series-1": "B", "series-2": "A", "series-3": "C"}


def test_metrics_are_named_once_each_and_the_known_ones_first(make: Maker) -> None:
    first = make({"zeta": [1], "validation_loss": [1], "elapsed_tokens": [1]})
    second = make({"alpha": [1], "validation_loss": [1], "training_loss": [1]})
    assert names([first, second]) == ["training_loss", "validation_loss", "alpha", "zeta"]
    labels = [measure(name).label for name in ("validation_loss", "full_validation_loss", "alpha", "classification/f2.0")]
    assert labels == ["Loss, validation", "Loss, whole validation set", "alpha", "Classification, F2.0"]


def test_thousands_of_columns_make_no_endless_choice(make: Maker, viewer_client: Client) -> None:
    one = make()
    one.summary = {f"c{n}": {"first": 1, "last": 1, "last_step": 1, "best": 1, "best_step": 1} for n in range(3000)}
    one.save()
    html = viewer_client.get(address(one, make())).content.decode()
    assert html.count("<option") < 310
