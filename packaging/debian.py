"""Makes a Debian package around a program that is built already: `debian.py BINARY MANUAL FOLDER`.

MANUAL is the folder with the manual and the completions. It needs dpkg-deb and no root.
"""

import gzip
import pathlib
import shutil
import subprocess
import sys
import tempfile

from wheel import ROOT, version

CONTROL = """\
Package: accountd
Version: {version}
Architecture: amd64
Maintainer: The accountd authors <accountd@localhost>
Section: devel
Priority: optional
Installed-Size: {kilobytes}
Description: AWS Account Management, run by you
 The AWS APIs that manage accounts, answered the way AWS does: signatures are
 checked, the rules of Organizations applied, IAM policies evaluated, state
 kept, every call recorded.
 .
 The service is installed and not enabled: systemctl enable --now accountd.
"""

COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: accountd

Files: *
Copyright: The accountd authors
License: Apache-2.0
 On Debian systems the text of the Apache License 2.0 is in
 /usr/share/common-licenses/Apache-2.0.
"""


def lay_out(binary, manual, root):
    """Puts everything where it is installed."""

    def put(place, content, mode=0o644):
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)

    put("usr/bin/accountd", binary.read_bytes(), 0o755)
    unit = ROOT / "packaging" / "debian"
    put("lib/systemd/system/accountd.service", (unit / "accountd.service").read_bytes())
    put("etc/accountd/environment", (unit / "environment").read_bytes(), 0o640)
    put("DEBIAN/conffiles", b"/etc/accountd/environment\n")
    for page in sorted(manual.glob("*.1")):
        put(f"usr/share/man/man1/{page.name}.gz", gzip.compress(page.read_bytes(), 9, mtime=0))
    completions = {
        "accountd.bash": "usr/share/bash-completion/completions/accountd",
        "accountd.fish": "usr/share/fish/vendor_completions.d/accountd.fish",
        "_accountd": "usr/share/zsh/vendor-completions/_accountd",
    }
    for name, place in completions.items():
        put(place, (manual / name).read_bytes())
    put("usr/share/doc/accountd/copyright", COPYRIGHT.encode())
    changes = (ROOT / "CHANGELOG.md").read_bytes()
    put("usr/share/doc/accountd/changelog.gz", gzip.compress(changes, 9, mtime=0))
    put("usr/share/doc/accountd/examples/seed.yaml", (ROOT / "seeds" / "example.yaml").read_bytes())
    for name in ("alerts.yaml", "dashboard.json"):
        put(f"usr/share/doc/accountd/examples/{name}", (ROOT / "packaging" / "monitoring" / name).read_bytes())
    kilobytes = sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) // 1024
    put("DEBIAN/control", CONTROL.format(version=version(), kilobytes=kilobytes).encode())


def build(binary, manual, folder, compression="xz"):
    """Writes the package and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    package = folder / f"accountd_{version()}_amd64.deb"
    with tempfile.TemporaryDirectory() as temporary:
        root = pathlib.Path(temporary) / "root"
        root.mkdir(mode=0o755)
        lay_out(binary, manual, root)
        for place in root.rglob("*"):
            if place.is_dir():
                place.chmod(0o755)
        command = ["dpkg-deb", "--root-owner-group", f"-Z{compression}", "--build", str(root), str(package)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return package


def tarball(binary, manual, folder):
    """The same files in one archive, for everybody else."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"accountd-{version()}-x86_64-linux"
    with tempfile.TemporaryDirectory() as temporary:
        root = pathlib.Path(temporary) / name
        (root / "man").mkdir(parents=True)
        (root / "completions").mkdir()
        shutil.copy(binary, root / "accountd")
        for page in manual.glob("*.1"):
            shutil.copy(page, root / "man")
        for completion in ("accountd.bash", "accountd.fish", "_accountd"):
            shutil.copy(manual / completion, root / "completions")
        for file in ("LICENSE", "README.md", "CHANGELOG.md"):
            shutil.copy(ROOT / file, root)
        shutil.copy(ROOT / "packaging" / "debian" / "accountd.service", root)
        shutil.copy(ROOT / "seeds" / "example.yaml", root / "seed.yaml")
        archive = folder / f"{name}.tar.gz"
        command = ["tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@1577836800"]
        subprocess.run([*command, "-czf", str(archive), "-C", temporary, name], check=True)
    return archive


if __name__ == "__main__":
    binary, manual, folder = map(pathlib.Path, sys.argv[1:4])
    print(build(binary, manual, folder))
    print(tarball(binary, manual, folder))
