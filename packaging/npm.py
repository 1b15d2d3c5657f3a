"""Packs the npm packages around a program that is built already: `npm.py BINARY FOLDER [PLATFORM]`.

Three come of it: the program for one platform, `accountd`, which installs the one that fits, and `@accountd/testing`.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from wheel import ROOT, version

# What a release is built for. npm passes over what does not fit.
PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"]
SOURCE = ROOT / "npm"


def platform_package(binary, platform, folder):
    """A package that holds the program and says where it runs."""
    system, processor = platform.split("-")
    name = "accountd.exe" if system == "win32" else "accountd"
    (folder / "bin").mkdir(parents=True)
    shutil.copy(binary, folder / "bin" / name)
    (folder / "bin" / name).chmod(0o755)
    package = {
        "name": f"@accountd/{platform}",
        "version": version(),
        "description": f"The program accountd for {platform}",
        "license": "Apache-2.0",
        "os": [system],
        "cpu": [processor],
        "files": ["bin", "LICENSE"],
    }
    (folder / "package.json").write_text(json.dumps(package, indent=2) + "\n")


def source_package(name, changes, folder):
    """A package of this repository with its version, and what it depends on."""
    shutil.copytree(SOURCE / name, folder)
    package = json.loads((folder / "package.json").read_text())
    (folder / "package.json").write_text(json.dumps(package | {"version": version()} | changes, indent=2) + "\n")


def pack(folder, into):
    """Makes the tarball."""
    shutil.copy(ROOT / "LICENSE", folder)
    command = ["npm", "pack", "--json", "--ignore-scripts", "--pack-destination", str(into)]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return into / json.loads(done.stdout)[0]["filename"].replace("@", "").replace("/", "-")


def build(binary, into, platform="linux-x64"):
    """Packs all three and returns their paths."""
    into = into.resolve()
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        platform_package(binary, platform, folder / "platform")
        optional = {f"@accountd/{one}": version() for one in PLATFORMS}
        source_package("accountd", {"optionalDependencies": optional}, folder / "accountd")
        source_package("testing", {"dependencies": {"accountd": version()}}, folder / "testing")
        return [pack(folder / name, into) for name in ("platform", "accountd", "testing")]


if __name__ == "__main__":
    for tarball in build(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *sys.argv[3:]):
        print(tarball)
