"""Django's tags `translate` and `static`, which look up what never changes once for each language.

A page has about eighty of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django import template
from django.template.base import Node, Parser, Token
from django.template.context import Context
from django.templatetags.i18n import do_translate
from django.templatetags.static import do_static
from django.utils.translation import get_language

LITERAL = re.compile(r"""\w+ ("[^"]*"|'[^']*')""")
"""A tag with nothing but words that stand in the template: no variable, no filter, no name to keep it under."""

register = template.Library()


class Constant(Node):
    """A part of a template that is the same on every page in a language."""

    def __init__(self, part: Node) -> None:
        self._part = part
        self._drawn: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        language = get_language()
        if language not in self._drawn:
            self._drawn[language] = self._part.render(context)
        return self._drawn[language]


def _once(make: Callable[[Parser, Token], Node]) -> Callable[[Parser, Token], Node]:
    def compiled(parser: Parser, token: Token) -> Node:
        node = make(parser, token)
        return Constant(node) if LITERAL.fullmatch(token.contents) else node

    return compiled


register.tag("translate", _once(do_translate))
register.tag("static", _once(do_static))
