"""The commands of `docs/vend-an-account.md`, taken from the page and run in one shell (F-STORY-3)."""

import json
import pathlib
import re
import shlex
import subprocess
import sys

import pytest
from accountd import clean_environment
from test_guide import is_free

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs/vend-an-account.md"
BLOCK = re.compile(r"^```(console|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DEFAULT_ADDRESS = "127.0.0.1:4566"
END = "--- end of a block:"

def blocks(kind):
    return [commands for language, commands in BLOCK.findall(PAGE.read_text()) if language == kind]


def refused(commands):
    """Whether the page says of this block that it is refused: the sentence before it does."""
    before = PAGE.read_text().split(f"```sh\n{commands}```")[0].rstrip()
    return "is refused" in before.rsplit("\n\n", 1)[1]


class Story:
    """What the blocks printed, one after the other, and whether the last command of each failed."""

    def __init__(self, done):
        texts = re.split(rf"{END} (\d+)\n", done.stdout)
        self.outputs, self.codes = texts[0::2], [int(code) for code in texts[1::2]]

    def of(self, word):
        """The output of the one block whose commands have this word in them."""
        (found,) = [output for output, commands in zip(self.outputs, blocks("sh")) if word in commands]
        return found


def shell(server, directory):
    """Runs the page's blocks in one bash, each followed by a line with its exit code."""
    script = [f"{commands}echo '{END}' $?\n" for commands in blocks("sh")]
    script = "".join(script).replace(DEFAULT_ADDRESS, server.url.removeprefix("http://"))
    environment = clean_environment(HOME=str(directory))
    environment["PATH"] = f"{pathlib.Path(sys.executable).parent}:{environment['PATH']}"
    return subprocess.run(
        ["bash", "-c", script],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )


@pytest.fixture
def story(start, tmp_path):
    (command,) = blocks("console")
    program, *flags = shlex.split(command)
    assert program == "accountd"
    # Where another program has the default port, the page's address is replaced by the one that was picked.
    address = DEFAULT_ADDRESS if is_free(4566) else "127.0.0.1:0"
    return Story(shell(start(*flags, listen=address), tmp_path))


def test_an_account_is_vended_as_the_page_says(story):
    expected = [refused(commands) for commands in blocks("sh")]
    assert expected.count(True) == 2
    assert [code != 0 for code in story.codes] == expected, "\n".join(story.outputs)

    created = json.loads(story.of("describe-create-account-status"))["Account"]
    member = created["Id"]
    assert (created["Status"], created["JoinedMethod"], created["Name"]) == ("ACTIVE", "CREATED", "Greenhouse")
    session = f"arn:aws:sts::{member}:assumed-role/OrganizationAccountAccessRole/vending"
    assert json.loads(story.of("member()"))["Arn"] == session
    contacts = story.of("get-contact-information")
    assert '"FullName": "Greenhouse"' in contacts and '"AddressLine1": "14 Harbour Street"' in contacts
    assert '"EmailAddress": "security@tidewater.example"' in contacts

    status, regions = story.of("enable-region --region-name").split("\n", 1)
    assert status == "ENABLING"
    (region,) = json.loads(regions)["Regions"]
    assert (region["RegionName"], region["OptInStatus"]) == ("af-south-1", "opted-in")

    refusal = story.of("member aws account disable-region")
    denied = f"User: {session} is not authorized to perform: account:DisableRegion"
    assert "(AccessDeniedException)" in refusal and denied in refusal
    policy = re.search(r"explicit deny in a service control policy: (arn:aws:organizations::\S+)", refusal)
    assert policy[1].startswith("arn:aws:organizations::111122223333:policy/o-")

    trail = story.of("sleep 1\n")
    names = re.findall(r"\t(\w+)\tvending$", trail, re.MULTILINE)
    switches = [name for name in names if name in ("EnableRegion", "DisableRegion")]
    assert switches == ["DisableRegion", "EnableRegion"]
    record = json.loads(trail.rstrip().splitlines()[-1])
    assert (record["eventName"], record["errorCode"]) == ("DisableRegion", "AccessDeniedException")
    assumed = json.loads(story.of("AttributeValue=AssumeRole"))
    assert assumed["requestParameters"]["roleSessionName"] == "vending" and assumed["sharedEventID"]

    assert json.loads(story.of("close-account"))["Account"]["Status"] in ("PENDING_CLOSURE", "SUSPENDED")
    assert "(AccessDenied)" in story.of("session-name again")
