"""The commands of `docs/own-endpoints.md`, taken from the page and run in one shell (F-EDGE-28)."""

import json

import pytest
from accountd import Accountd
from page import DEFAULT_ADDRESS, Page, is_free

PAGE = Page("own-endpoints.md")


@pytest.fixture
def server(start):
    return start(*PAGE.flags(), listen=DEFAULT_ADDRESS if is_free(4566) else "127.0.0.1:0")


def test_the_own_endpoints_do_what_the_page_says(server, tmp_path):
    story = PAGE.run(server, tmp_path)
    assert PAGE.refused().count(True) == 4
    assert story.failed == PAGE.refused(), "\n".join(story.outputs)

    index = json.loads(story.of("$OWN/\n"))
    paths = {path for row in index["endpoints"] for path in row["paths"]}
    undescribed = {path for path in paths if path.startswith("/_accountd/") and path.rsplit("/")[-1] not in PAGE.text}
    assert undescribed == set()
    assert '"ready":true' in story.of("$OWN/ready")
    assert "accountd_requests_total" in story.of("$OWN/metrics")
    assert '"now":"2199-01-01T00:00:00Z"' in story.of("1h30m")
    assert '"messages":[]' in story.of("$OWN/outbox?")
    assert '"times":1' in story.of("--request PUT --data '[\n")
    assert "(ConflictException)" in story.outputs[_after(story, "--request PUT --data '[\n")]
    assert "no service here has an operation `ListRegion`" in story.of('"ListRegion"')
    assert "accountd does not answer ssm:GetParameter." in story.of("ssm get-parameter")
    unanswered = json.loads(story.of("$OWN/unanswered"))["unanswered"]
    assert [(row["service"], row["operation"], row["count"]) for row in unanswered] == [("ssm", "GetParameter", 1)]
    state = story.of("state.json").splitlines()
    assert state[-3:] == ["{}0", "{}ann", '{"status":"ok"}']
    assert '"completed":true' in story.of("init/ready")
    role = "arn:aws:sts::111122223333:assumed-role/reader/page"
    assert story.of("assume-role").splitlines()[-1] == role


def test_keys_of_ones_own_are_taken_as_the_page_says(server, tmp_path):
    PAGE.run(server, tmp_path)
    elsewhere = Accountd(
        tmp_path / "elsewhere",
        "--in-memory",
        "--root-credentials",
        str(tmp_path / "keys.yaml"),
        listen="0.0.0.0:0",
    )
    elsewhere.start()
    try:
        answer = elsewhere.send("GET", "/_accountd/outbox")
        assert answer.status == 403
    finally:
        elsewhere.stop()


def _after(story, word):
    """The position of the block behind the one with this word in its commands."""
    (found,) = [index for index, commands in enumerate(story.blocks) if word in commands]
    return found + 1
