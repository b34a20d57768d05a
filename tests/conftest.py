"""Makes every module in tests/fixtures a plugin, so its fixtures are there for all tests."""

from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent / "fixtures"

# Before any of them is imported: they import each other.
pytest.register_assert_rewrite("fixtures", "factories", "support")

pytest_plugins = [f"fixtures.{module.stem}" for module in sorted(FIXTURES.glob("[!_]*.py"))]
