"""Somebody with a container runtime only (F-REACH-9): the README's line with a Docker that has nothing but the image."""

import json
import subprocess
import sys
import time

import wheel
from conftest import PATIENCE_SECONDS
from typed import line_for, until_ready


def test_the_line_of_the_readme_runs_the_image(docker):
    started = subprocess.Popen(
        docker.inside("sh", "-c", line_for("a container")), env=docker.environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        until_ready(started.stderr)
        (container,) = docker.run("docker", "ps", "--quiet").stdout.split()
        keys = {"AWS_ACCESS_KEY_ID": "admin111122223333", "AWS_SECRET_ACCESS_KEY": "test"}
        place = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_DEFAULT_REGION": "us-east-1"}
        aws = [sys.executable, "-m", "awscli", "sts", "get-caller-identity"]
        caller = json.loads(docker.run(*aws, **keys, **place).stdout)
        assert caller["Account"] == "111122223333"
        # Nobody but Docker knows when it asks.
        deadline = time.monotonic() + PATIENCE_SECONDS
        health = ""
        while health != "healthy" and time.monotonic() < deadline:
            health = docker.run("docker", "inspect", "--format", "{{.State.Health.Status}}", container).stdout.strip()
            time.sleep(0.5)
        assert health == "healthy"
        user = docker.run("docker", "inspect", "--format", "{{.Config.User}}", container).stdout.strip()
        assert user.split(":")[0] not in ("", "0", "root")
        docker.run("docker", "stop", container)
        assert started.wait() == 0
    finally:
        started.terminate()
        started.wait()


def test_without_a_word_on_credentials_it_does_not_start(docker):
    done = docker.run("docker", "run", "--rm", f"accountd:{wheel.version()}", is_checked=False)
    assert done.returncode == 2 and "--well-known-credentials anywhere" in done.stderr, done
