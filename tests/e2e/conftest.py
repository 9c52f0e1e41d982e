"""What tests of whole systems share."""

import pytest

from tests import servers


def pytest_configure(config: pytest.Config) -> None:
    """They run on real servers."""
    servers.register(config)
