"""What a page shows of a question and its answer: the same words whether it streams or comes at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from connections.answering import answer_price_of
from openai_api.errors import APIError
from openai_api.types import Token, Usage
from playground import answers, explain, threshold
from playground.answers import Answer
from playground.labels import first_token
from playground.probabilities import Bar, Bars, bars, probability
from playground.question import Question
from teams.looks import signs


def body(sent: Mapping[str, Any]) -> str:
    return json.dumps(sent, ensure_ascii=False, indent=2)


def piece(found: answers.Piece) -> dict[str, Any]:
    return {"index": found.index, "text": found.text, "tokens": [_token(token) for token in found.tokens]}


def trouble(question: Question, error: APIError, *, begun: bool = False) -> dict[str, Any]:
    fresh = question.picked.is_fresh()
    return asdict(explain.trouble(error, attempt=question.attempt, fresh=fresh, begun=begun))


def end(question: Question, answer: Answer) -> dict[str, Any]:
    """Describe a finished answer: its samples and why each ended, the facts, and the bars."""
    found = probabilities(question, answer)
    return {
        "samples": [_sample(one, question) for one in answer.in_order],
        "facts": list(_facts(question, answer)),
        "bars": _bars(found) if found else None,
        "decision": threshold.decision(question.picked.threshold, found),
    }


def with_tokens(told: dict[str, Any], answer: Answer) -> dict[str, Any]:
    """Add each sample's tokens, which a stream has told piece by piece."""
    for sample, one in zip(told["samples"], answer.in_order, strict=True):
        whole = "".join(token.text for token in one.tokens) == one.text
        sample["tokens"] = [_token(token) for token in one.tokens] if whole else []
    return told


def _sample(one: answers.Sample, question: Question) -> dict[str, Any]:
    return {
        "index": one.index,
        "text": one.text,
        "why": _("The model refuses to answer this.")
        if one.refused
        else explain.finish(one.finish_reason, limit=question.limit),
        "calls": [{"name": call.name, "arguments": _indented(call.arguments)} for call in one.calls.values()],
    }


def _indented(arguments: str) -> str:
    """Write the arguments of a call over several lines if they are JSON; models also write what is none."""
    try:
        return json.dumps(json.loads(arguments), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return arguments


def probabilities(question: Question, answer: Answer) -> Bars | None:
    """Return the bars of the first written token, or None if the provider reported no alternatives."""
    token = answer.deciding(skip=question.echoed)
    if token is None:
        return None
    picked = question.picked
    return bars(token.alternatives, picked.labels, first_token(picked.base_model))


def percent(part: float) -> str:
    """Write a probability so that neither a small one becomes nothing nor a large one certainty."""
    if 0 < part < 0.001:
        return signs("< 0.1\N{NO-BREAK SPACE}%")
    if 0.999 < part < 1:
        return signs("> 99.9\N{NO-BREAK SPACE}%")
    return signs(f"{100 * part:.1f}\N{NO-BREAK SPACE}%")


def visible(token: str) -> str:
    """Write a token so that its white space is seen."""
    return repr(token)[1:-1].replace(" ", "␣")


def _token(token: Token) -> dict[str, Any]:
    if token.logprob is None:
        return {"text": token.text, "probability": None, "said": ""}
    own = [(token.text, token.logprob)]
    pairs = own + [pair for pair in token.alternatives if pair[0] != token.text]
    said = " · ".join(f"{visible(text)} {percent(probability(log))} ({signs(f'{log:.2f}')})" for text, log in pairs)
    return {"text": token.text, "probability": probability(token.logprob), "said": said}


def _bars(found: Bars) -> dict[str, Any]:
    return {"classes": found.classes, "note": _note(found), "rows": [_row(bar, classes=found.classes) for bar in found.rows]}


def _row(bar: Bar, *, classes: bool) -> dict[str, Any]:
    name = _(" or ").join(label.strip() or visible(label) for label in bar.names) if classes else visible(bar.token)
    return {"name": name, "width": bar.width, "value": _value(bar), "raw": _raw(bar) if classes else ""}


def _value(bar: Bar) -> str:
    part = bar.probability if bar.share is None else bar.share
    return _("unknown") if bar.probability is None or part is None else percent(part)


def _raw(bar: Bar) -> str:
    if bar.probability is None:
        return _("not reported: at most %(most)s") % {"most": percent(bar.at_most or 0.0)}
    return _("raw %(probability)s") % {"probability": percent(bar.probability)}


def _note(found: Bars) -> str:
    if not found.classes:
        return _("The likeliest first tokens, as the provider reported them. ␣ is a space.")
    return _(
        "Each bar is a class's share among the known classes, which together hold %(covered)s of the probability. "
        "Raw is the probability of the class's first token, as the provider reported it."
    ) % {"covered": percent(found.covered)}


def _facts(question: Question, answer: Answer) -> Sequence[tuple[str, str]]:
    found = [(_("Time"), _seconds(answer.took or 0.0))]
    if question.streams and answer.first_after is not None:
        found.append((_("First token"), _seconds(answer.first_after)))
    return [*found, (_("Tokens"), _used(answer.usage)), (_("Cost"), _cost(question, answer.usage))]


def _cost(question: Question, usage: Usage | None) -> str:
    picked = question.picked
    price = answer_price_of(picked.connection, picked.name) or answer_price_of(picked.connection, picked.own_name)
    if price is None:
        return _("unknown: no price is written down")
    if usage is None or usage.prompt_tokens is None:
        return _("unknown: the tokens were not reported")
    return money(price.cost(usage.prompt_tokens, usage.completion_tokens or 0), price.currency)


def money(amount: Decimal, currency: str) -> str:
    """Write an amount with at least two decimals, and two digits of the smallest."""
    decimals = max(2, 1 - amount.adjusted()) if amount else 2
    return f"{signs(f'{amount:,.{decimals}f}')}\N{NO-BREAK SPACE}{currency}"


def _used(usage: Usage | None) -> str:
    if usage is None or usage.prompt_tokens is None:
        return _("not reported")
    return _("%(prompt)s in, %(completion)s out") % {
        "prompt": signs(f"{usage.prompt_tokens:,}"),
        "completion": signs(f"{usage.completion_tokens or 0:,}"),
    }


def _seconds(took: float) -> str:
    return f"{took * 1000:.0f}\N{NO-BREAK SPACE}ms" if took < 1 else signs(f"{took:.1f}\N{NO-BREAK SPACE}s")
