"""How pages show a notification."""

from __future__ import annotations

from django import template

from notifications import words

register = template.Library()
register.filter("title_of", words.title)
register.filter("text_of", words.text)
