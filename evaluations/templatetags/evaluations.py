"""How pages show an evaluation."""

from __future__ import annotations

from django import template

from evaluations import tell

register = template.Library()
register.filter("state", tell.state)
register.filter("share", tell.share)
register.filter("source", tell.source)
register.filter("main_score", tell.main_score)
