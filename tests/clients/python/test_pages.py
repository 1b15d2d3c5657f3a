"""Pages whose commands are run, one after the other in one shell, and of which what matters is what they print."""

import os
import pathlib
import re
import subprocess
import sys

from accountd import BINARY, clean_environment
from aws_elsewhere import Moto
from page import DEFAULT_ADDRESS, Page, is_free


def _story(name, start, tmp_path):
    page = Page(name)
    address = DEFAULT_ADDRESS if is_free(4566) else "127.0.0.1:0"
    story = page.run(start(*page.flags(), listen=address), tmp_path)
    assert story.failed == page.refused(), "\n".join(story.outputs)
    return story


def test_at_the_terminal(start, tmp_path):
    """F-EDGE-29"""
    story = _story("terminal.md", start, tmp_path)
    assert story.of('env)"').strip() == "arn:aws:iam::000000000000:root"
    assert story.of("create-user").splitlines()[0] == "arn:aws:iam::111122223333:user/ann"
    assert story.of("--user ann").splitlines() == [
        "arn:aws:iam::111122223333:user/ann",
        "arn:aws:sts::111122223333:assumed-role/Auditor/accountd",
    ]
    auditor, block = story.of("profile auditor").split("\n", 1)
    assert auditor == "arn:aws:sts::111122223333:assumed-role/Auditor/accountd"
    assert block.startswith('provider "aws" {') and "organizations = " in block
    assert "has no user nobody" in story.of("--user nobody")
    assert story.of("clock +36h").endswith("2199-01-01T00:00:00Z (manual)\n")
    assert '"disconnect":true' in story.of("accountd faults -")
    assert "documents and" in story.of("accountd check")


def test_running_it_for_others(start, tmp_path):
    """F-REACH-5: a backup that was taken while it ran holds what was there, and puts it back."""
    story = _story("operate.md", start, tmp_path)
    assert "exported" in story.of("backup.json\naccountd export")
    imported, users, checked = story.of("accountd import").splitlines()
    assert imported == "imported" and "before" in users.split() and "after" not in users.split()
    assert "documents and" in checked
    assert "is running, state in sqlite" in story.of("accountd health")


def test_the_page_for_tests(start, tmp_path):
    """F-REACH-6: starting it by hand, as in CI."""
    (commands,) = Page("testing.md").blocks("sh")
    folders = os.pathsep.join([str(pathlib.Path(BINARY).resolve().parent), str(pathlib.Path(sys.executable).parent)])
    environment = clean_environment(PATH=os.pathsep.join([folders, os.environ["PATH"]]), AWS_PAGER="")
    done = subprocess.run(
        ["bash", "-m", "-e", "-c", commands], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and done.stdout.splitlines() == ["1", "reset"], done


def test_trails(start, tmp_path):
    """F-STORY-14: the page's S3 is moto, wherever it has found a port."""
    moto = Moto()
    moto.start()
    try:
        page = Page("trails.md")
        page.text = page.text.replace("http://127.0.0.1:5000", moto.url)
        address = DEFAULT_ADDRESS if is_free(4566) else "127.0.0.1:0"
        credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        server = start(*page.flags(), listen=address, environment=credentials)
        story = page.run(server, tmp_path)
    finally:
        moto.stop()
    assert story.failed == page.refused(), "\n".join(story.outputs)
    assert "InsufficientS3BucketPolicyException" in story.of("--name other")
    names = story.of("gzip -dc").splitlines()
    assert '"eventName":"CreateUser"' in names and '"eventName":"ListRegions"' in names
    assert "digest files valid" in story.of("validate-logs") and "INVALID" not in story.of("validate-logs")
    told = story.of("receive-message")
    assert '"status": "ENABLING"' in told and '"status": "ENABLED"' in told


def test_making_a_seed_file_of_a_state(start, tmp_path):
    """F-SEED-20: the commands of the page on seed files, on the example, give a file that gives the example again."""
    page = Page("seed-file.md")
    example = pathlib.Path(__file__).resolve().parents[3] / "seeds" / "example.yaml"
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "example.yaml").write_text(example.read_text())
    server = start("--seed", str(example))
    story = page.run(server, tmp_path, AWS_ENDPOINT_URL=server.url)
    assert story.failed == page.refused(), "\n".join(story.outputs)
    given, made = story.outputs[0].split(": ", 1)[1], story.of("company.yaml").splitlines()[0].split(": ", 1)[1]
    assert made == given.rstrip("\n") and made.startswith("7 accounts")
    without_head = [
        [line for line in (tmp_path / name).read_text().splitlines() if not line.startswith("#")]
        for name in ("company.yaml", "again.yaml")
    ]
    assert without_head[0] == without_head[1]


def _printed(commands, server, directory):
    """What commands print, each by itself, in one shell, to somebody who has what `accountd env` of an account sets."""
    folders = [str(pathlib.Path(sys.executable).parent), str(pathlib.Path(BINARY).resolve().parent), os.environ["PATH"]]
    environment = clean_environment(
        PATH=os.pathsep.join(folders), AWS_PAGER="", AWS_ENDPOINT_URL=server.url, AWS_DEFAULT_REGION="us-east-1"
    )
    environment |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    script = "".join(f"{command}\necho '--- end'\n" for command in commands)
    done = subprocess.run(["bash", "-c", script], cwd=directory, env=environment, capture_output=True, text=True)
    return (done.stdout + done.stderr).split("--- end\n"), done.stderr


def test_the_readme_after_its_first_minute(start):
    """F-REACH-6: a refusal reads as README.md shows it, and its example is seeded. (The first minute is run with a wheel alone,
    and `cargo xtask test` is what runs this.)"""
    root = pathlib.Path(__file__).resolve().parents[3]
    text = (root / "README.md").read_text()
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (refusal,) = [block for block in blocks if "get-primary-email" in block]
    command, shown = refusal.removeprefix("$ ").split("\n", 1)
    server = start()
    _, said = _printed([command], server, root)
    assert " ".join(said.split()).endswith(" ".join(shown.split())), said
    (seeding,) = [block for block in blocks if "seed check" in block]
    check, serve = (line.removeprefix("$ accountd ") for line in seeding.splitlines())
    printed, _ = _printed([f"accountd {check}"], server, root)
    assert "7 accounts" in printed[0]
    flags = [str(root / flag) if flag.startswith("seeds/") else flag for flag in serve.split()]
    seeded = start(*flags)
    assert "is running" in _printed([f"accountd health --endpoint {seeded.url}"], server, root)[0][0]
    others = [block for block in blocks if block not in (refusal, seeding)]
    assert len(others) == 2 and others[1] == "$ cargo xtask test\n", others


def test_the_readme_of_the_crate(start, tmp_path):
    """F-REACH-6"""
    text = (pathlib.Path(__file__).resolve().parents[3] / "crates" / "accountd" / "README.md").read_text()
    (commands,) = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    flags = re.search("`accountd (--.*?)`", text)[1].split()
    (told, *_), errors = _printed([commands], start(*flags), tmp_path)
    assert "user/well-known-administrator" in told and "(manual)" in told and not errors, told + errors
