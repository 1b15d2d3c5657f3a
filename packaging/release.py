"""Builds everything of a release around programs that are built already: `release.py BINARY SMALL MANUAL METADATA FOLDER`.

SMALL is the same program for the wheel, smaller and slower. METADATA is what `cargo metadata` says, for the list of what is in it. FOLDER then holds archive, wheel, npm packages, image, Debian
package, the list (CycloneDX) and checksums.
"""

import hashlib
import json
import pathlib
import shutil
import sys

import debian
import image
import npm
import wheel

# What the issue of this project calls small enough, in bytes: wheel and image as they are downloaded.
LIMITS = {".whl": 7_000_000, "-image.tar": 16_000_000}


def bill_of_materials(metadata, version):
    """CycloneDX 1.6: every crate that the program is linked with."""
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    (root,) = [package for package in packages.values() if package["name"] == "accountd"]
    linked, waiting = set(), [root["id"]]
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            # Neither of tests nor of builds.
            is_linked = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if is_linked and dependency["pkg"] not in linked:
                linked.add(dependency["pkg"])
                waiting.append(dependency["pkg"])

    def component(package):
        purl = f"pkg:cargo/{package['name']}@{package['version']}"
        described = {"type": "library", "name": package["name"], "version": package["version"], "purl": purl, "bom-ref": purl}
        if package.get("license"):
            described["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        return described

    components = sorted((component(packages[id]) for id in linked), key=lambda it: (it["name"], it["version"]))
    program = {"type": "application", "name": "accountd", "version": version, "bom-ref": "accountd"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": program},
        "components": components,
    }


def build(binary, small, manual, metadata, folder):
    """Fills the folder and returns what is in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    version = wheel.version()
    wheel.build(small, folder, level=None)
    npm.build(binary, folder)
    debian.build(binary, manual, folder)
    debian.tarball(binary, manual, folder)
    archive = image.build(binary, folder / "image")
    archive.rename(folder / f"accountd-{version}-image.tar")
    shutil.rmtree(folder / "image")
    bill = bill_of_materials(json.loads(metadata.read_text()), version)
    (folder / f"accountd-{version}.cdx.json").write_text(json.dumps(bill, indent=1) + "\n")
    files = sorted(path for path in folder.iterdir() if path.is_file())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines))
    return files


def main():
    binary, small, manual, metadata, folder = map(pathlib.Path, sys.argv[1:6])
    large = []
    for path in build(binary, small, manual, metadata, folder):
        size = path.stat().st_size
        limit = next((limit for end, limit in LIMITS.items() if path.name.endswith(end)), None)
        print(f"{size / 1e6:7.2f} MB  {path.name}")
        if limit and size > limit:
            large.append(f"{path.name} has {size} bytes, more than {limit}")
    if large:
        sys.exit("\n".join(large))


if __name__ == "__main__":
    main()
