"""What a worker loads before it forks: no child loads any of it again, page after page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_CODE = """
import sys
import workers.warm
from pathlib import Path
from schemas.settings import Settings
from workers.manifest import page_from_bytes
from workers.normalize import normalise
before = set(sys.modules)
for path in sorted(Path("tests/fixtures/body").glob("*-en/page.html")):
    normalise(page_from_bytes(path.read_bytes(), "https://www.example.org/news/" + path.parent.name), Settings())
print(*sorted(set(sys.modules) - before))
"""


def test_pages_load_nothing_that_warm_has_not_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], cwd=_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
