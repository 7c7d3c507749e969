"""What tests of the real `dvc` commands share."""

import pytest
from stand_in import StandIn


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> StandIn:
    """The stand-in, whose stages ran once; whoever changes it resets it, or takes a copy."""
    return StandIn(tmp_path_factory.mktemp("stand_in") / "project")
