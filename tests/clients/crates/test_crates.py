"""Somebody with Rust only (F-REACH-7): the lines of the READMEs, with the crates as a registry gets them.

They lie on a shelf with everything that they need, which stands for the registry; there is no other place to take a crate from.
`cargo xtask test everything crates` packs them and runs this.
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import boto3
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/clients"))

from typed import line_for, until_ready, url_in  # noqa: E402

CRATES = ROOT / "target" / "crates"
CARGO = os.environ.get("CARGO", "cargo")
# A build of everything from nothing, on a machine that has other things to do.
PATIENCE_SECONDS = 3600

CONFIGURATION = """\
[source.crates-io]
replace-with = "shelf"
[source.shelf]
directory = "{shelf}"
[net]
offline = true
# Nobody waits for what it does, but somebody for the compiler.
[profile.release]
opt-level = 0
"""


def version():
    return re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]


def published():
    """What is packed; the gate's own list says it."""
    text = (ROOT / "xtask" / "src" / "test" / "crates.rs").read_text()
    return re.findall('"([^"]+)"', re.search(r"PUBLISHED: \[&str; 5\] =\s*\[(.*?)\]", text, re.DOTALL)[1])


class Somebody:
    """A person whose cargo knows the shelf only."""

    def __init__(self, folder, shelf):
        self.folder, self.home = folder, folder / "cargo"
        self.home.mkdir()
        (self.home / "config.toml").write_text(CONFIGURATION.format(shelf=shelf))
        others = ("CARGO", "RUSTC", "RUSTFLAGS", "RUSTDOC", "ACCOUNTD_", "AWS_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        self.environment |= {"CARGO_HOME": str(self.home), "CARGO_TARGET_DIR": str(CRATES / "built")}

    def types(self, line, folder):
        """Runs a line of cargo as it stands."""
        program, *arguments = shlex.split(line)
        assert program == "cargo", line
        done = subprocess.run(
            [CARGO, *arguments],
            cwd=folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def somebody(tmp_path_factory):
    shelf = CRATES / "shelf"
    vendor = [CARGO, "vendor", "--quiet", "--locked", "--versioned-dirs", "--respect-source-config", str(shelf)]
    # What it prints is a configuration.
    subprocess.run(vendor, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE_SECONDS)
    for name in published():
        packed = CRATES / "package" / f"{name}-{version()}.crate"
        subprocess.run(["tar", "-xzf", str(packed), "-C", str(shelf)], check=True)
        # A shelf wants checksums. Of these crates a registry has none yet.
        (shelf / f"{name}-{version()}" / ".cargo-checksum.json").write_text('{"files":{}}')
    yield Somebody(tmp_path_factory.mktemp("somebody"), shelf)
    # It is large, and made in seconds.
    shutil.rmtree(shelf)


def test_the_line_of_the_readme_installs_the_program(somebody, tmp_path):
    line = line_for("Rust")
    assert f"`{line}`" in (ROOT / "crates" / "accountd" / "README.md").read_text()
    somebody.types(line, tmp_path)
    server = subprocess.Popen(
        [somebody.home / "bin" / "accountd", "--in-memory", "--listen", "127.0.0.1:0"],
        cwd=tmp_path,
        env={},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = url_in(until_ready(server.stderr))
        sts = boto3.client(
            "sts",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="admin111122223333",
            aws_secret_access_key="test",
        )
        assert sts.get_caller_identity()["Account"] == "111122223333"
    finally:
        server.terminate()
        server.wait()


MANIFEST = """\
[package]
name = "somebodys"
version = "0.0.0"
edition = "2024"

[dev-dependencies]
aws-sdk-account = { version = "1", default-features = false, features = ["behavior-version-latest", "rt-tokio"] }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
"""


def test_the_example_of_the_crate_for_tests(somebody, tmp_path):
    """In an empty folder: its README's line brings it, and its README's example is a test that passes."""
    text = (ROOT / "crates" / "accountd-testing" / "README.md").read_text()
    line = re.search("`(cargo add .*?)`", text)[1]
    assert f"`{line}`" in (ROOT / "docs" / "testing.md").read_text()
    example = re.search("```rust,no_run\n(.*?)```", text, re.DOTALL)[1]
    # Lines that the page's reader is not shown.
    example = re.sub("^# ", "", example, flags=re.MULTILINE)
    (tmp_path / "Cargo.toml").write_text(MANIFEST)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "lib.rs").write_text("")
    (tmp_path / "tests").mkdir()
    run = "#[tokio::test]\nasync fn it_runs() {\n    test().await.expect(\"it runs\");\n}\n"
    (tmp_path / "tests" / "example.rs").write_text(example + run)
    somebody.types(line, tmp_path)
    assert "test it_runs ... ok" in somebody.types("cargo test --release --test example", tmp_path)
