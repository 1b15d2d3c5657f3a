"""Somebody with a container runtime only: the image, unpacked and run as another user on a root that cannot be written
(F-REACH-3). The program of the gate is not static, so that what it is linked with is put beside it.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import urllib.request

import image
import pytest
import wheel
import yaml
from conftest import ROOT, released
from typed import until_ready

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="only root may mount and change its root"
)


# How an image is made that nobody downloads.
UNRELEASED = {"with_libraries": True, "level": 1}


@pytest.fixture(scope="module")
def layout(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("image") / "image"
    if archive := released("*-image.tar"):
        folder.mkdir()
        subprocess.run(["tar", "-xf", archive[0], "-C", folder], check=True)
    else:
        image.build(binary, folder, **UNRELEASED)
    return folder


def blob(layout, described):
    path = layout / "blobs" / "sha256" / described["digest"].removeprefix("sha256:")
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == path.name and len(content) == described["size"]
    return path, content


def test_the_layout_is_whole(layout, binary):
    assert json.loads((layout / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    (described,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = json.loads(blob(layout, described)[1])
    config = json.loads(blob(layout, manifest["config"])[1])
    (layer,) = manifest["layers"]
    path, _ = blob(layout, layer)
    with tarfile.open(path) as archive:
        names = archive.getnames()
        data = archive.getmember("data")
    assert "accountd" in names and data.uid == image.USER and data.mode == 0o700
    assert config["config"]["User"] == f"{image.USER}:{image.USER}"
    assert config["config"]["Healthcheck"]["Test"] == ["CMD", "/accountd", "health"]
    # The same program gives the same image.
    again = image.build(binary, layout.with_name("again"), **({} if released() == [] else UNRELEASED))
    assert (layout.with_name("again") / "index.json").read_bytes() == (layout / "index.json").read_bytes()
    with tarfile.open(again) as archive:
        (older,) = json.load(archive.extractfile("manifest.json"))
        assert set(older["Layers"]) <= set(archive.getnames())


@needs_root
def test_it_runs_as_another_user_on_a_root_that_cannot_be_written(layout, tmp_path):
    root, volume = tmp_path / "root", tmp_path / "volume"
    root.mkdir()
    volume.mkdir()
    os.chown(volume, image.USER, image.USER)
    (described,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = json.loads(blob(layout, described)[1])
    config = json.loads(blob(layout, manifest["config"])[1])["config"]
    subprocess.run(["tar", "-xzf", str(blob(layout, manifest["layers"][0])[0]), "-C", str(root)], check=True)
    (root / "dev").mkdir()
    environment = dict(pair.split("=", 1) for pair in config["Env"]) | {
        # The port is free, and the address is another machine's as in a container.
        "ACCOUNTD_LISTEN": "0.0.0.0:0",
        "ACCOUNTD_WELL_KNOWN_CREDENTIALS": "anywhere",
        "ACCOUNTD_READY_FILE": "/data/ready.json",
    }
    mounts = (
        f"mount --bind {root} {root} && mount --rbind /dev {root}/dev && mount --bind {volume} {root}/data && "
        f"mount -o remount,bind,ro {root} && "
        f"exec chroot --userspec={config['User']} {root} {' '.join(config['Entrypoint'])}"
    )
    started = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", mounts], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        until_ready(started.stderr)
        address = json.loads((volume / "ready.json").read_text())["address"]
        url = f"http://127.0.0.1:{address.rpartition(':')[2]}"
        with urllib.request.urlopen(f"{url}/_accountd/health") as answer:
            assert json.load(answer)["storage"] == "sqlite"
        status = pathlib.Path(f"/proc/{started.pid}/status").read_text()
        assert f"Uid:\t{image.USER}\t" in status
        health = [shutil.which("chroot"), f"--userspec={config['User']}", str(root), *config["Healthcheck"]["Test"][1:]]
        done = subprocess.run([*health, "--endpoint", url], env={}, capture_output=True, text=True)
        assert done.returncode == 0 and "is running" in done.stdout, done
        assert (volume / "accountd.sqlite").stat().st_uid == image.USER
    finally:
        started.terminate()
        started.wait()
    done = subprocess.run([*health, "--endpoint", url], env={}, capture_output=True, text=True)
    assert done.returncode == 1


def test_without_credentials_it_says_what_to_do(binary):
    """What the image's own variables alone would do."""
    done = subprocess.run(
        [str(binary)], env={"ACCOUNTD_LISTEN": "0.0.0.0:0", "ACCOUNTD_IN_MEMORY": "true"}, capture_output=True, text=True
    )
    assert done.returncode == 2 and "--well-known-credentials anywhere" in done.stderr


def test_what_the_page_of_containers_says(binary):
    """F-REACH-6: its YAML can be read, and every variable is one that accountd knows."""
    text = (ROOT / "docs" / "containers.md").read_text()
    for block in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        assert all(yaml.safe_load_all(block))
    help_text = subprocess.run([str(binary), "--help"], capture_output=True, text=True, check=True).stdout
    flags = {"ACCOUNTD_" + flag.upper().replace("-", "_") for flag in re.findall(r"--([a-z-]+)", help_text)}
    further = {"ACCOUNTD_ROOT_CREDENTIALS_FILE", "ACCOUNTD_ROOT_CREDENTIALS_LIST"}
    assert set(re.findall(r"ACCOUNTD_[A-Z_]+", text)) <= flags | further
    assert set(re.findall(r"accountd[:-](\d+\.\d+\.\d+)", text)) == {wheel.version()}


def program_headers(binary):
    """The types of an ELF program's headers: 2 is a dynamic section, 3 asks for a loader."""
    content = binary.read_bytes()
    assert content[:6] == b"\x7fELF\x02\x01", "it is no program of 64 bits"
    start = int.from_bytes(content[32:40], "little")
    size, count = (int.from_bytes(content[at : at + 2], "little") for at in (54, 56))
    return {int.from_bytes(content[start + size * n :][:4], "little"): start + size * n for n in range(count)}


def needed(binary):
    """How many libraries a program asks for."""
    content = binary.read_bytes()
    dynamic = program_headers(binary).get(2)
    if dynamic is None:
        return 0
    offset, length = (int.from_bytes(content[dynamic + at : dynamic + at + 8], "little") for at in (8, 32))
    tags = [int.from_bytes(content[at : at + 8], "little") for at in range(offset, offset + length, 16)]
    return tags.count(1)


def test_the_program_of_a_release_needs_nothing(binary, tmp_path):
    """F-REACH-1: no loader, no library, and an empty root to run in, so that neither the age nor the kind of a C library matters."""
    if 3 in program_headers(binary):
        assert needed(binary) > 0, "this reads headers rightly"
        pytest.skip("this program is the gate's, which is not static; `cargo xtask release --dry-run` makes one that is")
    assert needed(binary) == 0
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root may change its root")
    root = tmp_path / "root"
    root.mkdir()
    shutil.copy(binary, root / "accountd")
    for arguments, told in ((["--version"], "accountd "), (["seed", "check", "/seed.yaml"], "7 accounts")):
        shutil.copy(ROOT / "seeds" / "example.yaml", root / "seed.yaml")
        chroot = ["unshare", "--map-root-user", shutil.which("chroot"), str(root), "/accountd"]
        done = subprocess.run([*chroot, *arguments], env={}, capture_output=True, text=True)
        assert done.returncode == 0 and told in done.stdout, done
