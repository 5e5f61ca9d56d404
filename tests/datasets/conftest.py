from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def own_data_folder(settings: Any, tmp_path: Path) -> Path:
    """Files of one test are never seen by another."""
    settings.DATA = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path
