"""Tests that share a costly project run in one process: each further one would make it again."""

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="all tests run in one process")
def test_a_test_of_stages_stays_with_its_group(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith("@test_groups")
