from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections.models import Connection
from datasets import tokens
from datasets.words import Refused
from evaluations import estimate, sources
from evaluations.asking import rounds
from evaluations.models import Evaluation, Run
from finetunes.models import Model
from tests.evaluations.conftest import SEPARATOR, classes_of, draft_of, draft_of_sheet, model_on, started, version_with
from tests.evaluations.sorting import Sorting

pytestmark = pytest.mark.django_db

ROW = tokens.count(f"post 0{SEPARATOR}", "r50k_base")


def of(model: Model, evaluation: Evaluation | None = None, **given: object) -> estimate.Estimate:
    assert model.version
    return estimate.estimate(evaluation or draft_of(model.version), [str(model.pk)], **given)  # type: ignore[arg-type]


def test_a_classifiers_questions_are_counted_exactly_and_its_answers_are_one_token(sorter: Model) -> None:
    found = of(sorter)
    [share] = found.shares
    assert (found.rows, found.is_exact, share.prompt_tokens, share.answer_tokens) == (6, True, 6 * ROW, 6)


def test_without_a_price_the_cost_is_unknown(sorter: Model) -> None:
    found = of(sorter)
    assert (found.costs, found.shares[0].cost, found.shares[0].most) == (None, None, None)


def test_a_price_that_an_owner_wrote_down_makes_a_cost(sorter: Model) -> None:
    Connection.objects.update(answer_prices={sorter.name: {"input": "2", "output": "10", "since": "2026-01-01"}})
    assert of(sorter).costs == {"USD": Decimal(6 * ROW * 2 + 6 * 10) / 1_000_000}


def test_the_cost_of_several_models_is_known_only_if_each_is(sorter: Model) -> None:
    Connection.objects.update(answer_prices={sorter.name: {"input": "2", "output": "10", "since": "2026-01-01"}})
    assert sorter.version
    both = estimate.estimate(draft_of(sorter.version), [str(sorter.pk), f"c{sorter.connection_id}:curie"])
    assert [share.cost is None for share in both.shares] == [False, True]
    assert both.costs is None


def test_answers_of_a_generator_are_about_as_long_as_the_expected_ones(writer: Model) -> None:
    rows = [{"prompt": f"ad {number} ->", "completion": " Buy it now.\n"} for number in range(4)]
    version = version_with(writer.organization, evaluation=rows, separator=" ->", ending="\n")
    [share] = of(writer, draft_of(version)).shares
    assert share.answer_tokens == 4 * (1 + tokens.count(" Buy it now.", "cl100k_base"))
    assert share.most_answer_tokens == 4 * 256


def test_where_no_answer_is_expected_only_the_most_is_known(writer: Model) -> None:
    Connection.objects.update(answer_prices={writer.name: {"input": "1", "output": "1", "since": "2026-01-01"}})
    sheet = draft_of_sheet(writer.organization, b"text\nSell a chair\nSell a desk\n")
    [share] = of(writer, sheet, mapping={"prompt": "text"}).shares
    assert (share.answer_tokens, share.cost) == (None, None)
    assert share.most is not None
    assert share.most > share.prompt_tokens * Decimal(1) / 1_000_000


def test_a_sample_of_the_rows_costs_its_part(sorter: Model) -> None:
    found = of(sorter, at_most=2)
    assert (found.rows, found.shares[0].prompt_tokens) == (2, 2 * ROW)
    assert of(sorter, at_most=99).rows == 6


def test_the_draft_stays_as_it_was(sorter: Model) -> None:
    assert sorter.version
    draft = draft_of(sorter.version)
    of(sorter, draft)
    assert (draft.part, draft.mapping) == ("", {})
    assert Run.objects.count() == 0


def test_what_cannot_be_started_cannot_be_estimated(sorter: Model) -> None:
    with pytest.raises(Refused):
        of(sorter, draft_of(version_with(sorter.organization)))


def test_time_is_unknown_until_the_connection_was_measured(sorter: Model, sorting: Sorting) -> None:
    assert of(sorter).seconds is None
    evaluation = started(sorter)
    rounds.ask(sorter.connection_id)
    assert sorting.log.asked
    Run.objects.update(asking_seconds=3.0)
    found = of(sorter)
    assert (found.seconds, found.shares[0].measured) == (3.0, evaluation.row_count)
    other = model_on(sorter.connection, classes_of(sorter.organization, 12), name="ada:ft-other")
    assert of(other).seconds == 6.0, "as fast as its neighbour that does the same kind of work"


def test_another_kind_of_work_says_nothing_about_the_time(sorter: Model, writer: Model, sorting: Sorting) -> None:
    started(sorter)
    rounds.ask(sorter.connection_id)
    assert sorting.log.asked
    rows = [{"prompt": "ad ->", "completion": " Buy it now.\n"}]
    assert of(writer, draft_of(version_with(writer.organization, evaluation=rows))).seconds is None


def test_a_large_part_is_counted_by_a_sample_with_as_many_queries(sorter: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    for rows in (10, 1500):
        draft = draft_of(classes_of(sorter.organization, rows))
        with CaptureQueriesContext(database) as caught:
            found = of(sorter, draft)
        counts.append(len(caught))
        assert found.rows == rows
    assert counts[0] == counts[1]
    monkeypatch.setattr(sources, "MOST_LOOKED_AT", 50)
    sheet = draft_of_sheet(sorter.organization, b"text\n" + b"".join(b"row %04d\n" % n for n in range(5000)))
    found = of(sorter, sheet, mapping={"prompt": "text"})
    assert not found.is_exact
    assert found.rows >= 50
