"""Makes an OCI image from scratch around a program that is built already, without a daemon:
`image.py BINARY FOLDER [--with-libraries]`.

FOLDER becomes an OCI image layout, and beside it FOLDER.tar is the same for `docker load` and `podman load`. With libraries the program
need not be static: only the tests do that, which have no time for a second build.
"""

import gzip
import hashlib
import io
import json
import pathlib
import re
import subprocess
import sys
import tarfile

from wheel import ROOT, version

# The same in every image, so that the same program gives the same image.
TIME = 1577836800
USER = 65532
ARCHITECTURE = "amd64"
SOURCE_LABELS = {
    "org.opencontainers.image.title": "accountd",
    "org.opencontainers.image.description": "AWS Account Management, run by you",
    "org.opencontainers.image.licenses": "Apache-2.0",
}


def libraries(binary):
    """What a program that is not static is linked with, the loader among it."""
    text = subprocess.run(["ldd", str(binary)], check=True, capture_output=True, text=True).stdout
    return [pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", text)]


def layer(binary, with_libraries):
    """The one layer, as a tar file."""
    bytes_ = io.BytesIO()
    # An older format writes no times of access.
    with tarfile.open(fileobj=bytes_, mode="w", format=tarfile.USTAR_FORMAT) as archive:

        def entry(name, mode, owner=0, content=None):
            info = tarfile.TarInfo(name)
            info.mode, info.mtime, info.uid, info.gid = mode, TIME, owner, owner
            info.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content or b""))

        entry("data", 0o700, USER)
        entry("etc", 0o755)
        entry("tmp", 0o1777)
        users = f"root:x:0:0:root:/:/sbin/nologin\naccountd:x:{USER}:{USER}:accountd:/data:/sbin/nologin\n"
        entry("etc/passwd", 0o644, content=users.encode())
        entry("etc/group", 0o644, content=f"root:x:0:\naccountd:x:{USER}:\n".encode())
        entry("accountd", 0o755, content=binary.read_bytes())
        entry("LICENSE", 0o644, content=(ROOT / "LICENSE").read_bytes())
        folders = set()
        for library in libraries(binary) if with_libraries else []:
            for folder in reversed(library.relative_to("/").parents[:-1]):
                if folder not in folders:
                    entry(str(folder), 0o755)
                    folders.add(folder)
            entry(str(library.relative_to("/")), 0o755, content=library.read_bytes())
    return bytes_.getvalue()


def config(diff_id):
    """How it runs. Docker reads the health check; OCI has none."""
    return {
        "created": "2020-01-01T00:00:00Z",
        "architecture": ARCHITECTURE,
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "ExposedPorts": {"4566/tcp": {}},
            "Env": ["ACCOUNTD_LISTEN=0.0.0.0:4566", "ACCOUNTD_DATA=/data"],
            "Entrypoint": ["/accountd"],
            "Volumes": {"/data": {}},
            "WorkingDir": "/data",
            "StopSignal": "SIGTERM",
            "Labels": SOURCE_LABELS | {"org.opencontainers.image.version": version()},
            "Healthcheck": {
                "Test": ["CMD", "/accountd", "health"],
                "Interval": 10_000_000_000,
                "Timeout": 5_000_000_000,
                "StartPeriod": 2_000_000_000,
                "Retries": 3,
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": "2020-01-01T00:00:00Z", "created_by": "accountd packaging/image.py"}],
    }


def build(binary, folder, with_libraries=False, level=9):
    """Writes the layout and the archive, and returns the archive's path. A lower level is quicker and larger."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def blob(media_type, content):
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": f"sha256:{digest}", "size": len(content)}

    def written(value):
        return json.dumps(value, sort_keys=True).encode()

    tar = layer(binary, with_libraries)
    described_layer = blob("layer.v1.tar+gzip", gzip.compress(tar, level, mtime=0))
    described_config = blob("config.v1+json", written(config(f"sha256:{hashlib.sha256(tar).hexdigest()}")))
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": described_config,
        "layers": [described_layer],
    }
    described = blob("manifest.v1+json", written(manifest))
    name = f"accountd:{version()}"
    described |= {
        "platform": {"architecture": ARCHITECTURE, "os": "linux"},
        "annotations": {"org.opencontainers.image.ref.name": version(), "io.containerd.image.name": name},
    }
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [described],
    }
    # What `docker load` read before it knew the layout.
    path = lambda described: f"blobs/sha256/{described['digest'].removeprefix('sha256:')}"
    older = [{"Config": path(described_config), "RepoTags": [name], "Layers": [path(described_layer)]}]
    (folder / "oci-layout").write_bytes(written({"imageLayoutVersion": "1.0.0"}))
    (folder / "index.json").write_bytes(written(index))
    (folder / "manifest.json").write_bytes(written(older))
    archive = folder.with_name(f"{folder.name}.tar")
    with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as tarball:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = tarball.gettarinfo(file, str(file.relative_to(folder)))
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            info.mtime = TIME
            with open(file, "rb") as content:
                tarball.addfile(info, content)
    return archive


if __name__ == "__main__":
    print(build(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), "--with-libraries" in sys.argv[3:]))
