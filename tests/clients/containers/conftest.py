"""A Docker of its own: a daemon in a network of its own, with the image of this build and no other, so that what is asked for it cannot come
from elsewhere and every port is free."""

import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "packaging"))
sys.path.insert(0, str(ROOT / "tests/clients"))

import image  # noqa: E402

# The longest that a daemon may take to start on a machine that does other things.
PATIENCE_SECONDS = 300


class Docker:
    """A running daemon, and commands that see it and its network."""

    def __init__(self, folder):
        self.folder = folder
        # Short, for the path of a socket is.
        self.socket = folder / "docker.sock"
        self.path = os.pathsep.join([os.environ.get("DOCKER", ""), os.environ["PATH"]])
        flags = {
            "host": f"unix://{self.socket}",
            "data-root": folder / "data",
            "exec-root": folder / "run",
            "pidfile": folder / "docker.pid",
            # The network is this daemon's own, and what is published is handed on by a program of its own.
            "iptables": "false",
            "ip-forward": "false",
            "ip-masq": "false",
            "userland-proxy-path": shutil.which("docker-proxy", path=self.path),
        }
        self._log = open(folder / "log", "w")
        dockerd = " ".join(f"--{name}={value}" for name, value in flags.items())
        # It keeps a key of its own below /etc, where nobody else looks at it.
        (folder / "etc").mkdir()
        (folder / "work").mkdir()
        etc = f"mount -t overlay overlay -o lowerdir=/etc,upperdir={folder}/etc,workdir={folder}/work /etc"
        self._daemon = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", f"{etc} && ip link set lo up && exec dockerd {dockerd}"],
            env=os.environ | {"PATH": self.path},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def wait(self):
        """Waits until it answers."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._daemon.poll() is None and time.monotonic() < deadline:
            if self.run("docker", "version", is_checked=False).returncode == 0:
                return
            time.sleep(0.2)
        raise AssertionError((self.folder / "log").read_text())

    def inside(self, *command):
        """A command in its network."""
        return ["nsenter", f"--net=/proc/{self._daemon.pid}/ns/net", *map(str, command)]

    def environment(self, **more):
        """What leads clients to it. The container that cleans up behind Testcontainers would come from a registry."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ACCOUNTD_", "DOCKER"))}
        own = {"DOCKER_HOST": f"unix://{self.socket}", "TESTCONTAINERS_RYUK_DISABLED": "true", "PATH": self.path}
        return kept | own | more

    def run(self, *command, is_checked=True, **more):
        """Runs a command in its network."""
        done = subprocess.run(
            self.inside(*command),
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0 or not is_checked, done.stdout + done.stderr
        return done

    def stop(self):
        """Ends it, and with it whatever it still runs."""
        containers = self.run("docker", "ps", "--quiet", is_checked=False).stdout.split()
        if containers:
            self.run("docker", "kill", *containers, is_checked=False)
        self._daemon.terminate()
        self._daemon.wait()
        self._log.close()


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The image's archive, of a release or made here. The program of the gate is not static: what it is linked with is put beside it."""
    if "ACCOUNTD_DIST" in os.environ:
        (archive,) = pathlib.Path(os.environ["ACCOUNTD_DIST"]).glob("*-image.tar")
        return archive
    program = pathlib.Path(os.environ["ACCOUNTD_BINARY"]).resolve()
    folder = tmp_path_factory.mktemp("image")
    stripped = folder / "accountd"
    if subprocess.run(["strip", "-o", str(stripped), str(program)], capture_output=True).returncode != 0:
        shutil.copy(program, stripped)
    return image.build(stripped, folder / "image", with_libraries=True, level=1)


@pytest.fixture(scope="session")
def docker(built, tmp_path_factory):
    """A daemon that was given the image as the page of containers says."""
    path = os.pathsep.join([os.environ.get("DOCKER", ""), os.environ["PATH"]])
    missing = [name for name in ("dockerd", "containerd", "runc", "ip", "nsenter") if shutil.which(name, path=path) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"a container runtime needs root, and here is no {missing or 'root'}")
    running = Docker(tmp_path_factory.mktemp("docker"))
    try:
        running.wait()
        running.run("docker", "load", "--input", built)
        yield running
    finally:
        running.stop()
