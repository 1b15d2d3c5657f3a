"""The examples of docs/containers.md for Testcontainers (F-REACH-9): in Python, JavaScript and Rust they start the image; Java and Go are parsed."""

import json
import os
import pathlib
import re
import subprocess

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs" / "containers.md").read_text()
# A build of everything from nothing, on a machine that has other things to do.
PATIENCE_SECONDS = 3600


def example(language):
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return found


def test_in_python(docker, tmp_path):
    """Inside the block the server is asked, as the reader would."""
    ask = "    import urllib.request\n    print(urllib.request.urlopen(url + '/_accountd/health').read().decode())\n"
    program = tmp_path / "page.py"
    program.write_text(example("python") + ask)
    url, health = docker.run(os.environ["CONTAINERS_PYTHON"], program).stdout.splitlines()
    assert url.startswith("http://") and json.loads(health)["storage"] == "sqlite"


def test_in_javascript(docker, tmp_path):
    (tmp_path / "node_modules").symlink_to(os.environ["CONTAINERS_NODE"])
    end = "await accountd.stop();\n"
    text = example("js")
    assert text.endswith(end)
    ask = "console.log(await (await fetch(`${url}/_accountd/health`)).text());\n"
    (tmp_path / "page.mjs").write_text(text.removesuffix(end) + ask + end)
    node = pathlib.Path(os.environ["CONTAINERS_PYTHON"]).with_name("node")
    url, health = docker.run(node, tmp_path / "page.mjs").stdout.splitlines()
    assert url.startswith("http://") and json.loads(health)["storage"] == "sqlite"


MANIFEST = """\
[package]
name = "page"
version = "0.0.0"
edition = "2024"

[dev-dependencies]
testcontainers = { version = "=0.27.3", default-features = false }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
"""


def test_in_rust(docker, tmp_path):
    """The block is a test as it stands. It is built outside, where the registry is."""
    (tmp_path / "Cargo.toml").write_text(MANIFEST)
    for folder, text in (("src/lib.rs", ""), ("tests/page.rs", example("rust"))):
        (tmp_path / folder).parent.mkdir()
        (tmp_path / folder).write_text(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CARGO_", "RUSTC"))}
    environment["CARGO_TARGET_DIR"] = str(ROOT / "target" / "clients" / "containers-rust")
    done = subprocess.run(
        [os.environ.get("CARGO", "cargo"), "test", "--quiet", "--no-run", "--message-format=json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    (program,) = [told["executable"] for told in messages if told.get("target", {}).get("kind") == ["test"]]
    said = docker.run(program, "--nocapture").stdout
    assert "1 passed" in said and "http://" in said, said


PARSE = """\
import importlib, sys
from tree_sitter import Language, Parser
parser = Parser(Language(importlib.import_module("tree_sitter_" + sys.argv[1]).language()))
print(parser.parse(sys.stdin.buffer.read()).root_node.has_error)
"""


@pytest.mark.parametrize(
    ("language", "around"),
    [("java", "class Page {{ void page() {{\n{}}} }}\n"), ("go", "package page\n\nfunc page() {{\n{}}}\n")],
)
def test_what_cannot_be_run_is_parsed(language, around):
    """Their libraries come from registries that are not here."""

    def has_error(text):
        parse = [os.environ["CONTAINERS_PYTHON"], "-c", PARSE, language]
        return subprocess.run(parse, input=around.format(text), capture_output=True, text=True, check=True).stdout.strip()

    assert has_error(example(language)) == "False"
    assert has_error(example(language).replace(")", "", 1)) == "True"
