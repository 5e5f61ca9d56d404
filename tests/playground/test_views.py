from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from finetunes.models import Model
from playground import views
from playground.stream import stream
from tests.conftest import People, signed_in
from tests.playground.conftest import Place, model_on
from tests.playground.provider import Page, Refusal, Whole, chat_whole, completion, usage

HOSTILE = "</textarea></pre><script>alert('hi')</script><img src=x onerror=alert(1)>"
HOME = "playground:home"
POSTED = tuple(f"playground:{name}" for name in ("switch", "turn", "mend", "preview", "answer", "stream"))


@pytest.fixture(autouse=True)
def forget_listings() -> None:
    cache.clear()


def ask(
    client: Client, model: Model | str, name: str = "playground:answer", headers: dict[str, str] | None = None, **fields: Any
) -> Any:
    key = model.pk if isinstance(model, Model) else model
    return client.post(reverse(name), {"model": key, **fields}, headers=headers)


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\N{NO-BREAK SPACE}", " ")


class TestEveryAddress:
    @pytest.mark.parametrize("name", POSTED)
    def test_asking_is_posting(self, name: str, member_client: Client) -> None:
        assert member_client.get(reverse(name)).status_code == 405

    def test_looking_is_getting(self, member_client: Client, place: Place) -> None:
        assert member_client.post(reverse(HOME)).status_code == 405
        assert member_client.post(reverse("playground:bases", args=[place.connection.pk])).status_code == 405

    @pytest.mark.parametrize("name", [HOME, *POSTED])
    def test_strangers_sign_in_first(self, name: str, client: Client, db: None) -> None:
        response = client.get(reverse(name)) if name == HOME else client.post(reverse(name))
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))

    @pytest.mark.parametrize("name", POSTED)
    def test_a_viewer_may_not_run(self, name: str, viewer_client: Client, classifier: Model, place: Place) -> None:
        place.provider.will(Whole(completion(" hockey")))
        assert ask(viewer_client, classifier, name, prompt="a").status_code == 403
        assert place.provider.received == []

    @pytest.mark.parametrize("name", POSTED)
    def test_another_organizations_model_is_not_found(
        self, name: str, outsider_client: Client, classifier: Model, place: Place
    ) -> None:
        place.provider.will(Whole(completion(" hockey")))
        assert ask(outsider_client, classifier, name, prompt="a").status_code == 404
        assert ask(outsider_client, f"c{place.connection.pk}:ada", name, prompt="a").status_code == 404
        assert place.provider.received == []

    @pytest.mark.parametrize("name", POSTED)
    def test_a_forged_form_is_refused(self, name: str, people: People, classifier: Model) -> None:
        careful = Client(enforce_csrf_checks=True)
        careful.force_login(people.member, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert ask(careful, classifier, name, prompt="a").status_code == 403

    def test_another_organizations_model_cannot_be_opened(
        self, outsider_client: Client, classifier: Model, place: Place
    ) -> None:
        assert outsider_client.get(reverse(HOME), {"model": classifier.pk}).status_code == 404
        assert outsider_client.get(reverse("playground:bases", args=[place.connection.pk])).status_code == 404

    @pytest.mark.parametrize("view", [views.switch, views.turn, views.mend, views.preview, views.answer, stream])
    def test_what_people_type_is_kept_out_of_error_reports(self, view: Any, rf: Any) -> None:
        request = rf.get("/")
        (async_to_sync(view) if iscoroutinefunction(view) else view)(request)
        assert request.sensitive_post_parameters == "__ALL__"


class TestHome:
    def test_the_newest_model_is_filled_in(self, member_client: Client, classifier: Model) -> None:
        page = text(member_client.get(reverse(HOME)))
        assert f'<option value="{classifier.pk}" selected>' in page
        assert r"<code>\n\n###\n\n</code>" in page
        assert "2 classes" in page

    def test_a_link_chooses_the_model(self, member_client: Client, classifier: Model, talker: Model) -> None:
        page = text(member_client.get(reverse(HOME), {"model": talker.pk}))
        assert f'<option value="{talker.pk}" selected>' in page
        assert "You are a pirate." in page

    def test_a_base_model_can_be_linked_to_and_spoken_to_in_the_other_way(self, member_client: Client, place: Place) -> None:
        key = f"c{place.connection.pk}:davinci-002"
        page = text(member_client.get(reverse(HOME), {"model": key}))
        assert f'<option value="{key}" selected>' in page
        assert 'name="prompt"' in page
        assert (
            'name="role"' in text(member_client.get(reverse(HOME), {"model": key, "format": "chat"})).split("<template")[0]
        )

    def test_without_any_model_the_page_points_to_the_first_fine_tune(self, member_client: Client, people: People) -> None:
        page = text(member_client.get(reverse(HOME)))
        assert "No fine-tuned model yet" in page
        assert reverse("finetunes:new") in page

    def test_a_viewer_sees_the_form_and_why_it_does_not_run(self, viewer_client: Client, classifier: Model) -> None:
        page = text(viewer_client.get(reverse(HOME)))
        assert "You can look, but not run." in page
        assert "disabled>" in page
        assert reverse("playground:preview") not in page

    def test_nobody_is_asked_for_base_models_before_the_page_is_there(self, member_client: Client, place: Place) -> None:
        place.provider.models = [{"id": "only-when-listed"}]
        address = reverse("playground:bases", args=[place.connection.pk])
        page = text(member_client.get(reverse(HOME)))
        assert address in page
        assert "only-when-listed" not in page
        assert "only-when-listed" in text(member_client.get(address))

    def test_what_a_provider_says_of_the_picked_base_model_is_shown_as_text(
        self, member_client: Client, place: Place
    ) -> None:
        place.provider.models = [{"id": "ada", "description": f"Knows nothing. {HOSTILE}"}]
        address = reverse("playground:bases", args=[place.connection.pk])
        page = text(member_client.get(address, {"model": f"c{place.connection.pk}:ada"}))
        assert "Knows nothing." in page
        assert "<script>alert" not in page
        assert "Knows nothing." not in text(member_client.get(address))

    def test_without_javascript_a_link_lists_the_base_models(self, member_client: Client, place: Place) -> None:
        place.provider.models = [{"id": "babbage-002"}]
        assert f"c{place.connection.pk}:babbage-002" in text(member_client.get(reverse(HOME), {"bases": "1"}))

    def test_hostile_model_names_are_text(self, member_client: Client, place: Place) -> None:
        place.provider.models = [{"id": HOSTILE}]
        model_on(place.connection, None, name=HOSTILE)
        for page in (
            member_client.get(reverse(HOME), {"bases": "1"}),
            member_client.get(reverse(HOME), {"model": f"c{place.connection.pk}:{HOSTILE}"}),
        ):
            assert "<script>alert" not in text(page)

    def test_the_number_of_queries_does_not_grow_with_the_models(
        self, member_client: Client, place: Place, classifier: Model, django_assert_num_queries: Any
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as few:
            member_client.get(reverse(HOME))
        for number in range(20):
            model_on(place.connection, classifier.version, name=f"m{number}")
        with django_assert_num_queries(len(few)):
            member_client.get(reverse(HOME))


class TestSwitch:
    def test_the_typed_text_moves_to_the_other_model_with_its_own_settings(
        self, member_client: Client, writer: Model, classifier: Model
    ) -> None:
        response = ask(
            member_client,
            classifier,
            "playground:switch",
            prompt="typed",
            max_tokens="99",
            headers={"HX-Target": "playground", "HX-Request": "true"},
        )
        page = text(response)
        assert "typed</textarea>" in page
        assert 'value="99"' not in page
        assert "<html" not in page
        assert response["HX-Push-Url"] == f"{reverse(HOME)}?model={classifier.pk}"

    def test_without_javascript_it_is_a_whole_page(self, member_client: Client, writer: Model) -> None:
        assert "<html" in text(ask(member_client, writer, "playground:switch", prompt="typed"))

    def test_a_text_becomes_a_message_and_the_last_message_a_text(
        self, member_client: Client, writer: Model, talker: Model
    ) -> None:
        chat = text(ask(member_client, talker, "playground:switch", prompt="typed", format="prompt-completion"))
        assert "typed</textarea>" in chat
        back = text(
            ask(
                member_client,
                writer,
                "playground:switch",
                role=["user", "assistant"],
                content=["said", "answered"],
                format="chat",
            )
        )
        assert "said</textarea>" in back

    def test_a_conversation_moves_as_a_whole_to_another_chat_model(self, member_client: Client, talker: Model) -> None:
        page = text(
            ask(
                member_client,
                talker,
                "playground:switch",
                role=["user", "assistant", "user"],
                content=["one", "two", "three"],
            )
        )
        assert all(f"{word}</textarea>" in page for word in ("one", "two", "three"))


class TestPreview:
    def test_it_shows_exactly_what_would_be_sent(self, member_client: Client, classifier: Model, place: Place) -> None:
        page = text(
            ask(member_client, classifier, "playground:preview", prompt="a post", add_separator="on", max_tokens="1")
        )
        assert f"POST {place.connection.base_url}/completions" in page
        assert r"a post\n\n###\n\n" in page
        assert place.provider.received == []
        assert "sk-hidden-key" not in page

    def test_it_points_out_a_missing_separator(self, member_client: Client, classifier: Model) -> None:
        assert "yours does not" in text(ask(member_client, classifier, "playground:preview", prompt="a post"))

    def test_it_says_when_nothing_can_be_sent(self, member_client: Client, classifier: Model) -> None:
        page = text(ask(member_client, classifier, "playground:preview", prompt="a", n="0"))
        assert "Nothing could be sent yet" in page

    def test_hostile_text_is_text(self, member_client: Client, classifier: Model) -> None:
        page = text(ask(member_client, classifier, "playground:preview", prompt=HOSTILE))
        assert "<script>" not in page
        assert "&lt;script&gt;" in page

    def test_without_javascript_it_is_a_whole_page_with_the_text_in_its_place(
        self, member_client: Client, classifier: Model, place: Place
    ) -> None:
        response = ask(member_client, classifier, "playground:preview", prompt="a post")
        assert "<html" in text(response)
        assert "a post</textarea>" in text(response)
        assert "POST " in text(response)
        assert ask(member_client, classifier, "playground:preview", prompt="").status_code == 422
        assert place.provider.received == []

    def test_it_shows_the_request_as_programs_too(self, member_client: Client, classifier: Model) -> None:
        page = text(ask(member_client, classifier, "playground:preview", prompt=HOSTILE))
        for sign in ("curl http", "from openai import OpenAI", "openai.api_base", "new OpenAI({"):
            assert sign in page
        assert "sk-hidden-key" not in page


class TestMend:
    def test_the_separator_is_put_right_and_everything_else_stays(self, member_client: Client, classifier: Model) -> None:
        typed: Any = {"prompt": "a post\n\n### ", "temperature": "0.3", "mend": "separator"}
        page = text(ask(member_client, classifier, "playground:mend", **typed))
        assert "a post</textarea>" in page
        assert 'value="0.3"' in page
        assert 'name="add_separator" id="id_add_separator" checked' in page
        assert "In training each prompt ended" not in page

    def test_the_trained_system_message_comes_back(self, member_client: Client, talker: Model) -> None:
        typed: Any = {"system": "You are a parrot.", "role": "user", "content": "Who?", "mend": "system"}
        page = text(ask(member_client, talker, "playground:mend", **typed))
        assert "You are a pirate.</textarea>" in page
        assert "Who?</textarea>" in page

    def test_what_nobody_offered_changes_nothing(self, member_client: Client, classifier: Model) -> None:
        page = text(ask(member_client, classifier, "playground:mend", prompt="kept", mend="everything"))
        assert "kept</textarea>" in page

    def test_the_remark_carries_its_change_for_the_script(self, member_client: Client, writer: Model) -> None:
        page = text(ask(member_client, writer, "playground:preview", prompt="bag"))
        assert "{&quot;add_separator&quot;: true}" in page


class TestAnswer:
    def test_a_classifier_answers_in_the_page_with_both_probabilities(
        self, member_client: Client, classifier: Model, place: Place
    ) -> None:
        place.provider.will(
            Whole(
                completion(" hockey", finish="length", top={" hockey": -0.1, " baseball": -2.4})
                | {"usage": usage(9, 1)["usage"]}
            )
        )
        page = text(
            ask(
                member_client,
                classifier,
                prompt="Go Leafs",
                add_separator="on",
                max_tokens="1",
                logprobs="2",
                stream="on",
                include_usage="on",
            )
        )
        assert "90.9 %" in page
        assert "9.1 %" in page
        assert "One token, as set." in page
        assert "9 in, 1 out" in page
        assert place.provider.received[0].body == {
            "model": classifier.name,
            "prompt": "Go Leafs\n\n###\n\n",
            "max_tokens": 1,
            "logprobs": 2,
        }
        assert place.provider.received[0].headers["Authorization"] == "Bearer sk-hidden-key"

    def test_an_error_in_the_form_is_shown_beside_its_field_and_nothing_is_lost(
        self, member_client: Client, classifier: Model, place: Place
    ) -> None:
        response = ask(member_client, classifier, prompt="kept text", n="0")
        assert response.status_code == 422
        assert "Use a number from 1 to 128." in text(response)
        assert "kept text" in text(response)
        assert place.provider.received == []

    def test_a_refusal_is_shown_in_the_providers_own_words_and_nothing_is_lost(
        self, member_client: Client, classifier: Model, place: Place
    ) -> None:
        place.provider.will(Refusal(429, f"Slow down. {HOSTILE}", headers={"x-request-id": "req_9"}))
        page = text(ask(member_client, classifier, prompt="kept text"))
        assert "The provider asks for fewer requests at a time." in page
        assert "Slow down." in page
        assert "req_9" in page
        assert "kept text" in page
        assert "<script>alert" not in page
        assert len(place.provider.received) == 1

    def test_a_web_page_instead_of_an_answer_becomes_a_sentence(
        self, member_client: Client, classifier: Model, place: Place
    ) -> None:
        place.provider.will(Page())
        assert "makes no sense" in text(ask(member_client, classifier, prompt="a"))

    def test_hostile_answers_are_text(self, member_client: Client, classifier: Model, place: Place) -> None:
        place.provider.will(Whole(completion(HOSTILE, finish=HOSTILE, top={HOSTILE: -0.1, "<b>": -2.0})))
        page = text(ask(member_client, classifier, prompt=HOSTILE, logprobs="2"))
        assert "<script>alert" not in page
        assert "<img src=x" not in page

    def test_a_chat_goes_on_below_the_answer(self, member_client: Client, talker: Model, place: Place) -> None:
        place.provider.will(Whole(chat_whole("Ahoy")))
        page = text(ask(member_client, talker, system="You are a pirate.", role="user", content="Who?"))
        assert place.provider.received[0].path == "/v1/chat/completions"
        assert place.provider.received[0].body["messages"] == [
            {"role": "system", "content": "You are a pirate."},
            {"role": "user", "content": "Who?"},
        ]
        assert "Ahoy</textarea>" in page

    def test_a_tool_that_the_model_asks_for_is_shown_readably(
        self, member_client: Client, talker: Model, place: Place
    ) -> None:
        asked = {"name": "weather<b>", "arguments": '{"city":"Busan"}'}
        place.provider.will(Whole(chat_whole("", calls=[{"id": "c1", "type": "function", "function": asked}])))
        page = text(ask(member_client, talker, role="user", content="Rain?"))
        assert "weather&lt;b&gt;" in page
        assert "{\n  &quot;city&quot;: &quot;Busan&quot;\n}" in page
        assert "runs nothing" in page

    def test_a_refusal_is_told_from_an_answer(self, member_client: Client, talker: Model, place: Place) -> None:
        place.provider.will(Whole(chat_whole("", refusal="I will not say that.")))
        page = text(ask(member_client, talker, role="user", content="Say it"))
        assert "I will not say that." in page
        assert "The model refuses to answer this." in page

    def test_a_tokens_alternatives_are_there_without_javascript(
        self, member_client: Client, writer: Model, place: Place
    ) -> None:
        place.provider.will(Whole(completion(" it", top={" it": -0.5, " no": -1.0})))
        page = text(ask(member_client, writer, prompt="a", logprobs="2"))
        assert '<span class="token" title="␣it 60.7 % (-0.50) · ␣no 36.8 % (-1.00)"> it</span>' in page

    def test_an_answer_costs_what_an_owner_wrote_down(self, member_client: Client, writer: Model, place: Place) -> None:
        place.provider.will(Whole(completion("x") | {"usage": usage(1000, 100)["usage"]}))
        assert "unknown: no price is written down" in text(ask(member_client, writer, prompt="a"))
        place.connection.answer_prices = {"ft:davinci-002": {"input": "12", "output": "14"}}
        place.connection.save()
        assert "0.013 USD" in text(ask(member_client, writer, prompt="a"))

    def test_a_kept_limit_decides(self, member_client: Client, classifier: Model, place: Place) -> None:
        classifier.threshold = {"label": "hockey", "threshold": 0.95, "evaluation": 1}
        classifier.save()
        place.provider.will(Whole(completion(" hockey", top={" hockey": -0.1, " baseball": -2.4})))
        page = text(ask(member_client, classifier, prompt="a", logprobs="2"))
        assert "hockey at 0.95 or more: here 0.91, so baseball." in page

    def test_an_empty_answer_is_no_crash(self, member_client: Client, talker: Model, place: Place) -> None:
        place.provider.will(Whole({"id": "x", "choices": []}))
        assert ask(member_client, talker, role="user", content="Who?").status_code == 200

    def test_an_owner_may_run_too(self, people: People, classifier: Model, place: Place) -> None:
        place.provider.will(Whole(completion(" hockey")))
        assert ask(signed_in(people.owner), classifier, prompt="a").status_code == 200

    def test_no_prompt_and_no_key_is_logged(
        self, member_client: Client, classifier: Model, place: Place, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        place.provider.will(Refusal(500, "broken"))
        ask(member_client, classifier, prompt="a private thing")
        own = [record for record in caplog.records if not record.name.startswith(("django.db", "asyncio"))]
        assert not [record for record in own if "private thing" in record.getMessage() or "sk-hidden" in record.getMessage()]

    def test_the_answer_waits_for_no_second_attempt_at_the_provider(
        self, member_client: Client, classifier: Model, place: Place
    ) -> None:
        place.provider.will(Refusal(503, "loading"))
        page = text(ask(member_client, classifier, prompt="a"))
        assert "still loading" in page
        assert len(place.provider.received) == 1
