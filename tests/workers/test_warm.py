"""Preload: a worker loads all modules before the first fork, so that no child loads any."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_CODE = """
import sys
import workers.warm
from pathlib import Path
from schemas.process.settings import Settings
from newsline.extract.manifest import page_from_bytes
from workers.pages.normalize import normalise
preloaded = set(sys.modules)
for path in sorted(Path("tests/fixtures/body").glob("*-en/page.html")):
    normalise(page_from_bytes(path.read_bytes(), "https://www.example.org/news/" + path.parent.name), Settings())
print(*sorted(set(sys.modules) - preloaded))
"""


def test_pages_load_nothing_that_warm_has_not_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], cwd=_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_worker_that_has_no_room_for_the_language_model_does_not_begin() -> None:
    """Refuse to start: such a worker would reject good articles, or unpack the model for each batch."""
    limit = (2**20, 2**20)
    done = subprocess.run(
        [sys.executable, "-c", "import workers.warm"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )
    assert done.returncode == 1
    assert "File too large" in done.stderr
