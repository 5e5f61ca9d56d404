from __future__ import annotations

import pytest

from evaluations.asking import rounds
from evaluations.models import Answer
from finetunes.models import Model
from tests.evaluations.conftest import SEPARATOR, Place, started
from tests.playground.provider import Whole, completion

pytestmark = pytest.mark.django_db

BASEBALL = completion(" baseball", finish="length", top={" baseball": -0.1, " hockey": -2.5})


def test_every_row_of_the_held_out_part_is_asked_and_judged(place: Place, sorter: Model) -> None:
    place.provider.will(Whole(BASEBALL))
    evaluation = started(sorter)
    assert rounds.ask(place.connection.pk)
    evaluation.refresh_from_db()
    [run] = evaluation.runs.all()
    assert (evaluation.state, evaluation.part, evaluation.row_count) == ("ready", "evaluation", 6)
    assert (run.state, run.done_count, run.problem_count, run.problem) == ("done", 6, 0, "")
    assert [answer.right for answer in run.answers.all()] == [True, False] * 3
    first = run.answers.select_related("question").all()[0]
    assert (first.text, first.label, first.finish_reason) == (" baseball", "baseball", "length")
    assert first.probabilities == {"baseball": pytest.approx(0.904837), "hockey": pytest.approx(0.082085)}
    assert first.request == {
        "model": sorter.name,
        "prompt": f"post 0{SEPARATOR}",
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": 2,
    }
    assert sorted(one.body["prompt"] for one in place.provider.received) == [f"post {n}{SEPARATOR}" for n in range(6)]
    assert Answer.objects.filter(run=run, took__isnull=False).count() == 6
