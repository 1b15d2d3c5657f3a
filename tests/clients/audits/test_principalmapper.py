"""principalmapper draws who may become whom in an account, from one GetAccountAuthorizationDetails (F-STORY-11).

It asks a dozen other services for what they run, in every Region, and goes on without those that do not answer."""

import pytest
from account import ACCOUNT, PYTHON, furnish, run

pytestmark = pytest.mark.skipif(not PYTHON, reason="no principalmapper")

# Its last release was made for a Python in which `collections` had these names.
PROGRAM = """
import collections, collections.abc, sys
collections.Mapping, collections.MutableMapping = collections.abc.Mapping, collections.abc.MutableMapping
from principalmapper.__main__ import main
sys.exit(main())
"""


def test_principalmapper_finds_the_way_to_the_administrator(server, tmp_path):
    furnish(server)
    graph = run(server, tmp_path, "-c", PROGRAM, "graph", "create")
    assert f"Graph Data for Account:  {ACCOUNT}" in graph
    assert "# of Nodes:              4 (1 admins)" in graph
    assert "Found new edge: user/mover can access via sts:AssumeRole role/powerful" in graph
    answer = run(server, tmp_path, "-c", PROGRAM, "--account", ACCOUNT, "query", "preset privesc *")
    assert "user/mover can escalate privileges by accessing the administrative principal role/powerful" in answer
    assert "user/plain" not in answer
    asked = {row["service"] for row in server.own("GET", "/_accountd/unanswered")["unanswered"]}
    assert {"lambda", "cloudformation", "s3"} <= asked
