"""Blind rounds: nothing tells whose an answer is until somebody has voted, and every vote counts once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetunes.models import Model
from playground.models import Round, Side, Trial, Vote
from playground.sides import tally
from teams.models import AuditEntry, User
from tests.conftest import People
from tests.playground.conftest import Place
from tests.playground.sides.conftest import answered, begun, winner

VOTES = "/playground/side-by-side/votes/"


@pytest.fixture
def trial(people: People, sport: Model, ads: Model) -> Trial:
    """Two prompts that two models have answered, blind."""
    made = begun(people.member, [sport, ads], "one", "two", blind=True)
    answered(made, {str(sport.pk): " it was hockey", str(ads.pk): "it was football"})
    return made


def shown(client: Client, round: Round, **headers: str) -> str:
    answer = client.get(round.get_absolute_url(), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def vote(client: Client, round: Round, choice: str) -> Any:
    return client.post(reverse("playground:vote", args=[round.trial_id, round.place]), {"choice": choice})


def told(trial: Trial) -> list[str]:
    """Return everything that would give a side away."""
    facts = [text for side in Side.objects.filter(round__trial=trial) for text in (side.name, f"model={side.key}")]
    return [*facts, "Test provider", "Time", "1 s", "Complete."]


class TestHidden:
    def test_nothing_in_the_page_tells_whose_an_answer_is(self, member_client: Client, trial: Trial) -> None:
        for round in trial.rounds.all():
            html = shown(member_client, round)
            assert [secret for secret in told(trial) if secret in html] == []
            assert "hockey" in html
            assert "football" in html
            assert "> it was" not in html, "a space in front would tell a completion from a chat"

    def test_the_page_is_the_same_whichever_model_answered_what(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        pages = []
        for texts in (("left", "right"), ("right", "left")):
            trial = begun(people.member, [sport, ads], blind=True)
            sides = Side.objects.filter(round__trial=trial).order_by("place")
            answered(trial, {side.key: text for side, text in zip(sides, ("left", "right"), strict=True)})
            Side.objects.filter(round__trial=trial, key=str(sport.pk)).update(told={"facts": [["Time", texts[0]]]})
            pages.append(_without_what_always_changes(shown(member_client, trial.rounds.get()), trial))
        assert pages[0] == pages[1]

    def test_until_the_last_one_is_there_nothing_is_shown_but_how_many(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        pages = []
        for place in (1, 2):
            trial = begun(people.member, [sport, ads], blind=True)
            answered(trial, dict.fromkeys(map(str, (sport.pk, ads.pk)), "so"))
            Side.objects.filter(round__trial=trial, place=place).update(ended_at=None, due_at=timezone.now())
            pages.append(_without_what_always_changes(shown(member_client, trial.rounds.get()), trial))
        assert "1 of 2 answers are there" in pages[0]
        assert pages[0] == pages[1], "not even which of them is quicker"

    def test_the_fragment_is_polled_and_hides_as_much(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        trial = begun(people.member, [sport, ads], blind=True)
        html = shown(member_client, trial.rounds.get(), **{"HX-Request": "true", "HX-Target": "round"})
        assert "<html" not in html
        assert 'hx-trigger="every 1s"' in html
        assert [secret for secret in told(trial) if secret in html] == []

    def test_why_one_did_not_answer_is_not_said_and_it_can_be_asked_again(
        self, member_client: Client, trial: Trial, ads: Model
    ) -> None:
        round = trial.rounds.all()[0]
        Side.objects.filter(round=round, key=str(ads.pk)).update(problem={"sentence": f"{ads.name} is away"}, samples=[])
        html = shown(member_client, round)
        assert "No answer" in html
        assert ads.name not in html
        answer = vote(member_client, round, "1")
        assert "There is no vote on this prompt" in member_client.get(answer["Location"]).content.decode()
        assert not Vote.objects.exists()
        side = Side.objects.get(round=round, key=str(ads.pk))
        address = reverse("playground:side_again", args=[trial.pk, 1, side.place])
        assert member_client.post(address)["Location"] == round.get_absolute_url()
        assert Side.objects.due().get() == side

    def test_an_answer_without_a_word_is_said_to_be_empty(self, member_client: Client, trial: Trial, ads: Model) -> None:
        answered(trial, {str(ads.pk): " \n"})
        assert shown(member_client, trial.rounds.all()[0]).count("(the answer is empty)") == 1

    def test_the_trials_own_address_leads_to_the_first_round_without_a_vote(
        self, member_client: Client, trial: Trial
    ) -> None:
        first, second = trial.rounds.all()
        assert member_client.get(trial.get_absolute_url(), follow=True).request["PATH_INFO"] == first.get_absolute_url()
        vote(member_client, first, "tie")
        assert member_client.get(trial.get_absolute_url(), follow=True).request["PATH_INFO"] == second.get_absolute_url()


def _without_what_always_changes(html: str, trial: Trial) -> str:
    import re

    html = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', "", html)
    return html.replace(f"/{trial.pk}/", "/")


class TestVoting:
    def test_names_are_shown_after_the_vote_and_the_next_prompt_is_offered(
        self, member_client: Client, people: People, trial: Trial, sport: Model, ads: Model
    ) -> None:
        first, second = trial.rounds.all()
        choice = winner(first, str(ads.pk))
        assert vote(member_client, first, choice)["Location"] == first.get_absolute_url()
        kept = Vote.objects.get()
        assert (kept.person, kept.verdict, kept.winner) == (
            people.member,
            "best",
            Side.objects.get(round=first, key=str(ads.pk)),
        )
        html = shown(member_client, first)
        assert f"Your vote: answer {choice}, which is {ads.name}." in html
        assert sport.name in html
        assert "Complete." not in html or "1 s" in html
        assert second.get_absolute_url() in html
        assert AuditEntry.objects.filter(action="side_by_side.voted").count() == 1

    @pytest.mark.parametrize(("choice", "said"), [("tie", "Your vote: a tie."), ("bad", "Your vote: all bad.")])
    def test_a_tie_and_all_bad_are_votes_too(self, member_client: Client, trial: Trial, choice: str, said: str) -> None:
        round = trial.rounds.all()[0]
        vote(member_client, round, choice)
        assert said in shown(member_client, round)

    def test_a_second_press_changes_nothing(self, member_client: Client, trial: Trial) -> None:
        round = trial.rounds.all()[0]
        for choice in ("1", "2", "tie"):
            vote(member_client, round, choice)
        assert Vote.objects.get().winner == Side.objects.get(round=round, place=1)

    @pytest.mark.parametrize("choice", ["", "3", "0", "x", "best", "²"])
    def test_nonsense_is_no_vote(self, member_client: Client, trial: Trial, choice: str) -> None:
        answer = vote(member_client, trial.rounds.all()[0], choice)
        assert "Choose one of the answers" in member_client.get(answer["Location"]).content.decode()
        assert not Vote.objects.exists()

    def test_skipping_goes_on_without_a_vote_and_comes_back_in_the_end(self, member_client: Client, trial: Trial) -> None:
        first, second = trial.rounds.all()
        assert vote(member_client, first, "skip")["Location"] == second.get_absolute_url()
        vote(member_client, second, "tie")
        assert member_client.get(trial.get_absolute_url(), follow=True).request["PATH_INFO"] == first.get_absolute_url()
        assert Vote.objects.count() == 1

    def test_each_vote_lets_one_more_round_be_asked(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        trial = begun(people.member, [sport, ads], "1", "2", "3", "4", blind=True)
        answered(trial)
        Side.objects.filter(round__place__gt=2).update(ended_at=None, attempts=0)
        vote(member_client, trial.rounds.get(place=1), "1")
        assert {side.round.place for side in Side.objects.due()} == {3}

    def test_twenty_in_a_row_are_voted_and_counted(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        trial = begun(people.member, [sport, ads], *map(str, range(20)), blind=True)
        answered(trial)
        address = trial.get_absolute_url()
        for number in range(20):
            place = member_client.get(address, follow=True).request["PATH_INFO"]
            round = trial.rounds.get(place=place.rstrip("/").rpartition("/")[2])
            vote(member_client, round, winner(round, str((ads if number < 14 else sport).pk)))
        html = member_client.get(address, follow=True).content.decode()
        assert "Votes of one trial" in html
        assert f"{ads.name} won 14 of 20, 48\N{NO-BREAK SPACE}% to 85\N{NO-BREAK SPACE}%: probably better." in html

    def test_colleagues_vote_too_and_see_names_only_then(
        self, member_client: Client, owner_client: Client, trial: Trial
    ) -> None:
        round = trial.rounds.all()[0]
        vote(member_client, round, "1")
        html = shown(owner_client, round)
        assert [secret for secret in told(trial) if secret in html] == []
        listed = owner_client.get(VOTES).content.decode()
        assert "Hidden until you have voted on it too." in listed
        assert "it was hockey" not in listed
        vote(owner_client, round, "2")
        assert Vote.objects.filter(round=round).count() == 2
        assert "it was hockey" in owner_client.get(VOTES).content.decode()

    def test_viewers_read_and_do_not_vote(
        self, viewer_client: Client, member_client: Client, trial: Trial, ads: Model
    ) -> None:
        round = trial.rounds.all()[0]
        html = shown(viewer_client, round)
        assert "You can read, but not vote." in html
        assert ads.name not in html
        assert vote(viewer_client, round, "1").status_code == 403
        vote(member_client, round, "1")
        assert ads.name in shown(viewer_client, round)

    def test_another_organization_finds_nothing(self, outsider_client: Client, trial: Trial) -> None:
        round = trial.rounds.all()[0]
        assert outsider_client.get(trial.get_absolute_url()).status_code == 404
        assert outsider_client.get(round.get_absolute_url()).status_code == 404
        assert vote(outsider_client, round, "1").status_code == 404

    def test_an_open_trial_takes_no_votes(self, member_client: Client, people: People, sport: Model, ads: Model) -> None:
        trial = begun(people.member, [sport, ads])
        answered(trial)
        assert vote(member_client, trial.rounds.get(), "1").status_code == 404
        assert member_client.get(trial.rounds.get().get_absolute_url()).status_code == 404

    def test_answers_are_hostile_text(self, member_client: Client, trial: Trial, ads: Model) -> None:
        answered(trial, {str(ads.pk): "<img src=x onerror=alert(1)>"})
        round = trial.rounds.all()[0]
        assert "<img src=x" not in shown(member_client, round)
        vote(member_client, round, "tie")
        assert "<img src=x" not in shown(member_client, round)
        assert "<img src=x" not in member_client.get(VOTES).content.decode()


class TestCounting:
    def cast(self, people: People, models: list[Model], winners: list[Model | str], person: User | None = None) -> Trial:
        trial = begun(people.member, models, *(f"{number}" for number in range(len(winners))), blind=True)
        answered(trial)
        for round, won in zip(trial.rounds.all(), winners, strict=True):
            side = Side.objects.get(round=round, key=str(won.pk)) if isinstance(won, Model) else None
            verdict = "best" if side else str(won)
            Vote.objects.create(round=round, person=person or people.member, verdict=verdict, winner=side)
        return trial

    def test_a_pair_is_counted_over_all_trials_of_the_organization(self, people: People, sport: Model, ads: Model) -> None:
        self.cast(people, [sport, ads], [ads, ads, sport, "tie"])
        self.cast(people, [ads, sport], [ads, "bad"])
        (pair,) = tally.pairs(people.organization)
        assert (pair.first, pair.second, pair.odds.won, pair.odds.all) == (ads.name, sport.name, 3, 4)
        assert (pair.ties, pair.bad, pair.votes) == (1, 1, 6)
        assert "too few votes to tell: about" in pair.sentence

    def test_one_trial_is_counted_alone(self, people: People, sport: Model, ads: Model) -> None:
        self.cast(people, [sport, ads], [ads] * 3)
        trial = self.cast(people, [sport, ads], [sport])
        (pair,) = tally.pairs(people.organization, trial)
        assert (pair.first, pair.odds.won, pair.odds.all) == (sport.name, 1, 1)

    def test_of_three_the_best_has_won_over_each_and_says_nothing_of_the_others(
        self, people: People, sport: Model, ads: Model, pirate: Model
    ) -> None:
        self.cast(people, [sport, ads, pirate], [ads, ads, sport, "tie"])
        counted = {
            (pair.first, pair.second): (pair.odds.won, pair.odds.all, pair.ties) for pair in tally.pairs(people.organization)
        }
        assert counted == {
            (ads.name, sport.name): (2, 3, 1),
            (ads.name, pirate.name): (2, 2, 1),
            (sport.name, pirate.name): (1, 1, 1),
        }

    def test_two_people_are_two_votes(self, people: People, sport: Model, ads: Model) -> None:
        trial = self.cast(people, [sport, ads], [ads])
        round = trial.rounds.get()
        Vote.objects.create(round=round, person=people.owner, verdict="best", winner=round.sides.get(key=str(sport.pk)))
        (pair,) = tally.pairs(people.organization)
        assert (pair.odds.won, pair.odds.all) == (1, 2)

    def test_ties_alone_name_no_winner(self, people: People, sport: Model, ads: Model) -> None:
        self.cast(people, [sport, ads], ["tie", "bad"])
        (pair,) = tally.pairs(people.organization)
        assert pair.sentence == "No vote has named a winner yet."

    def test_other_organizations_votes_do_not_count(self, people: People, sport: Model, ads: Model) -> None:
        self.cast(people, [sport, ads], [ads])
        assert tally.pairs(people.outsider.memberships.get().organization) == []

    def test_the_page_lists_every_vote_and_counts_in_as_many_queries_for_many(
        self,
        member_client: Client,
        people: People,
        place: Place,
        sport: Model,
        ads: Model,
        django_assert_max_num_queries: Any,
    ) -> None:
        self.cast(people, [sport, ads], [ads])
        member_client.get(VOTES)
        with django_assert_max_num_queries(40) as few:
            html = member_client.get(VOTES).content.decode()
        assert "Every vote" in html
        assert "too few votes to tell: about 5 more." in html
        self.cast(people, [sport, ads], [ads, sport, "tie", "bad"] * 4)
        with django_assert_max_num_queries(len(few)):
            member_client.get(VOTES)

    def test_without_votes_the_page_says_how_to_begin(self, viewer_client: Client, people: People) -> None:
        assert "Nobody has voted yet." in viewer_client.get(VOTES).content.decode()

    def test_what_waits_for_a_vote_is_offered(self, owner_client: Client, trial: Trial) -> None:
        html = owner_client.get(VOTES).content.decode()
        assert "Waiting for your vote" in html
        assert reverse("playground:sitting", args=[trial.pk]) in html
