"""The modules behind the documentation site are scripts beside each other, imported by their bare names."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "docs" / "site"))
