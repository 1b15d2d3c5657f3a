"""The commands of `docs/own-endpoints.md`, taken from the page and run in one shell (F-EDGE-28)."""

import json

from botocore.credentials import Credentials
from page import DEFAULT_ADDRESS, Page, is_free

PAGE = Page("own-endpoints.md")


def test_the_own_endpoints_do_what_the_page_says(start, tmp_path):
    address = DEFAULT_ADDRESS if is_free(4566) else "127.0.0.1:0"
    story = PAGE.run(start(*PAGE.flags(), listen=address), tmp_path)
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
    assert state[-3:] == ["{}0", "{}ann\twell-known-administrator", '{"status":"ok"}']
    assert '"completed":true' in story.of("init/ready")
    role = "arn:aws:sts::111122223333:assumed-role/reader/page"
    assert story.of("assume-role").splitlines()[-1] == role

    # The file of keys that the page writes is one that accountd takes.
    keys = ("--root-credentials", str(tmp_path / "keys.yaml"))
    elsewhere = start(*keys, listen="0.0.0.0:0")
    own = Credentials("AKIAEXAMPLE111111111", "choose-something-long")
    assert elsewhere.client("sts", own).get_caller_identity()["Account"] == "111122223333"
    assert elsewhere.send("GET", "/_accountd/outbox").status == 403


def _after(story, word):
    """The position of the block behind the one with this word in its commands."""
    (found,) = [index for index, commands in enumerate(story.blocks) if word in commands]
    return found + 1
