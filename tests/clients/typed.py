"""What the README has somebody type, and what a program that was started by it says first."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def line_for(somebody):
    """The one line that the README has for somebody who has this and nothing else."""
    return re.search(rf"^\| {somebody} \| `(.*?)` \|$", (ROOT / "README.md").read_text(), re.MULTILINE)[1]


def until_ready(stream):
    """The lines of a stream until accountd says that it is ready, which it must."""
    said = []
    for text in stream:
        said.append(text)
        if text == "Ready.\n":
            return said
    raise AssertionError("".join(said) or "nothing was said")


def url_in(said):
    """Where accountd says that it listens, once."""
    (url,) = [text.split(" listens on ")[1].strip() for text in said if " listens on " in text]
    return url
