"""A page of the docs whose blocks are run as they stand, in one shell, as its reader would."""

import pathlib
import re
import shlex
import socket
import subprocess
import sys

from accountd import BINARY, clean_environment

DOCS = pathlib.Path(__file__).resolve().parents[3] / "docs"
BLOCK = re.compile(r"^```(console|hcl|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DEFAULT_ADDRESS = "127.0.0.1:4566"
END = "--- end of a block:"


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Page:
    """One page, or its parts under some headings, and what it says about its blocks."""

    def __init__(self, name, only=None, without=None):
        head, *parts = re.split(r"^(?=## )", (DOCS / name).read_text(), flags=re.MULTILINE)
        headings = [part.partition("\n")[0].removeprefix("## ") for part in parts]
        assert {only, without} - {None} <= set(headings), headings
        if only:
            self.text = parts[headings.index(only)]
        else:
            self.text = head + "".join(part for heading, part in zip(headings, parts) if heading != without)

    def blocks(self, language):
        return [text for given, text in BLOCK.findall(self.text) if given == language]

    def flags(self):
        """The flags with which the page starts accountd."""
        (command,) = self.blocks("console")
        program, *flags = shlex.split(command)
        assert program == "accountd"
        return flags

    def refused(self):
        """For each block whether the page says that it is refused: the sentence before it does."""
        return [self._is_refused(commands) for commands in self.blocks("sh")]

    def _is_refused(self, commands):
        before = self.text.split(f"```sh\n{commands}```")[0].rstrip()
        return "is refused" in before.rsplit("\n\n", 1)[1]

    def run(self, server, directory, **environment):
        """Runs the blocks in one bash, each followed by a line with its exit code. Where another program has
        the default port, the page's address is replaced by the server's."""
        script = [f"{commands}echo '{END}' $?\n" for commands in self.blocks("sh")]
        script = "".join(script).replace(DEFAULT_ADDRESS, server.url.removeprefix("http://"))
        environment = clean_environment(HOME=str(directory), **environment)
        # The AWS CLI stands beside Python, and a page may ask accountd itself.
        folders = [pathlib.Path(sys.executable).parent, pathlib.Path(BINARY).resolve().parent]
        environment["PATH"] = ":".join([*map(str, folders), environment["PATH"]])
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        return Story(self.blocks("sh"), done.stdout)


class Story:
    """What the blocks printed, one after the other, and whether the last command of each failed."""

    def __init__(self, blocks, printed):
        texts = re.split(rf"{END} (\d+)\n", printed)
        self.blocks, self.outputs = blocks, texts[0::2]
        self.failed = [code != "0" for code in texts[1::2]]

    def of(self, word):
        """The output of the one block whose commands have this word in them."""
        (found,) = [output for output, commands in zip(self.outputs, self.blocks) if word in commands]
        return found
