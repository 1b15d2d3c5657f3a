"""Pages whose commands are run, one after the other in one shell, and of which what matters is what they print."""

import os
import pathlib
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
