from __future__ import annotations

from finetunes.views.front import home

__all__ = ["home"]
