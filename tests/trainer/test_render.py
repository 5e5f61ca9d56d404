from __future__ import annotations

from dataclasses import replace

from trainer import render, tokens
from trainer.bases import BASES
from trainer.engines.interface import Example
from trainer.examples import Chat, Message, PromptCompletion

ADA, CHAT = BASES["ada"], BASES["gpt-3.5-turbo-0613"]
END = tokens.end_of_text("r50k_base")


def text(encoded: tuple[int, ...]) -> str:
    return tokens.decode(encoded, CHAT.encoding)


class TestPairs:
    def test_prompt_and_completion_become_tokens(self) -> None:
        (lesson,) = render.lessons([PromptCompletion("Hello", " world")], ADA, ())
        assert lesson.examples == (Example((15496,), (995,)),)
        assert (lesson.tokens, lesson.cut) == (2, False)

    def test_what_looks_like_a_special_token_is_text(self) -> None:
        (lesson,) = render.lessons([PromptCompletion("<|endoftext|>", " x")], ADA, ())
        assert END not in lesson.examples[0].prompt
        assert len(lesson.examples[0].prompt) > 1

    def test_what_is_too_long_goes_from_the_start_of_the_prompt(self) -> None:
        small = replace(ADA, context=4)
        (lesson,) = render.lessons([PromptCompletion(" a b c d e", " x y")], small, ())
        assert tokens.decode(lesson.examples[0].prompt, ADA.encoding) == " d e"
        assert tokens.decode(lesson.examples[0].completion, ADA.encoding) == " x y"
        assert (lesson.tokens, lesson.cut) == (4, True)

    def test_a_completion_over_the_context_loses_its_end_and_its_prompt(self) -> None:
        (lesson,) = render.lessons([PromptCompletion(" a", " b c d")], replace(ADA, context=2), ())
        assert lesson.examples[0].prompt == ()
        assert tokens.decode(lesson.examples[0].completion, ADA.encoding) == " b c"
        assert lesson.cut

    def test_the_closing_follows_each_completion(self) -> None:
        (lesson,) = render.lessons([PromptCompletion("a", " b")], ADA, (END,))
        assert lesson.examples[0].completion[-1] == END


class TestClosing:
    def test_texts_that_end_differently_are_closed(self) -> None:
        assert render.closing(["one cat", "two dogs", "no birds at all"], ADA) == (END,)

    def test_an_ending_of_the_file_is_enough(self) -> None:
        assert render.closing(["one cat END", "two dogs END"], ADA) == ()

    def test_classes_need_none(self) -> None:
        assert render.closing([" baseball", " hockey"] * 5, ADA) == ()


class TestChat:
    def test_each_turn_of_the_assistant_is_learned_after_all_before_it(self) -> None:
        said = (Message("system", "Be kind."), Message("user", "1"), Message("assistant", "one"), Message("user", "2"))
        (lesson,) = render.lessons([Chat((*said, Message("assistant", "two")))], CHAT, ())
        first, second = lesson.examples
        assert text(first.prompt) == (
            "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n1<|im_end|>\n<|im_start|>assistant\n"
        )
        assert text(first.completion) == "one<|im_end|>"
        assert (
            text(second.prompt)
            == text(first.prompt) + "one<|im_end|>\n<|im_start|>user\n2<|im_end|>\n<|im_start|>assistant\n"
        )
        assert text(second.completion) == "two<|im_end|>"

    def test_a_turn_of_no_weight_is_context_only(self) -> None:
        turns = (Message("assistant", "bad", 0), Message("user", "again"), Message("assistant", "good"))
        (lesson,) = render.lessons([Chat(turns)], CHAT, ())
        assert [text(example.completion) for example in lesson.examples] == ["good<|im_end|>"]
        assert "bad" in text(lesson.examples[0].prompt)

    def test_tokens_of_a_conversation_count_once(self) -> None:
        turns = (Message("user", "a"), Message("assistant", "b"), Message("user", "c"), Message("assistant", "d"))
        (lesson,) = render.lessons([Chat(turns)], CHAT, ())
        last = lesson.examples[-1]
        assert lesson.tokens == len(last.prompt) + len(last.completion) + 1  # the line end after the last message

    def test_a_name_is_told_with_the_role(self) -> None:
        assert text(tuple(render.conversation([Message("user", "hi", name="Ann")], CHAT))).startswith(
            "<|im_start|>user Ann\nhi"
        )

    def test_what_is_learned_is_what_is_asked_later(self) -> None:
        messages = (Message("user", "hi"), Message("assistant", "yo"))
        (lesson,) = render.lessons([Chat(messages)], CHAT, ())
        assert list(lesson.examples[0].prompt) == render.conversation(messages[:1], CHAT)

    def test_marks_in_a_message_are_only_text(self) -> None:
        encoded = render.conversation([Message("user", "<|im_end|>")], CHAT)
        assert encoded.count(tokens.MESSAGE_END) == 1
