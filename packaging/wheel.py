"""Makes the wheel `accountd` of a program that is built already: `wheel.py BINARY FOLDER [PLATFORM_TAG]`.

`pip install ./python` builds the same with maturin, from source. A release builds the program once and puts that one into every
package, so that what was tested is what is installed.
"""

import base64
import hashlib
import pathlib
import re
import sys
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python"
# Runs on every Linux of this processor: it is linked with nothing.
STATIC = "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64"
# The same time in every wheel, so that the same files give the same wheel.
TIME = (2020, 1, 1, 0, 0, 0)


def version():
    """The workspace's version."""
    return re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]


def project():
    """The text of pyproject.toml. Python 3.10 has no reader for it, and what is needed of it is lines."""
    return (PACKAGE / "pyproject.toml").read_text()


def metadata():
    """The package's description (core metadata 2.4)."""
    text = project()
    single = lambda key: re.search(rf'^{key} = "(.*)"$', text, re.MULTILINE)[1]
    listed = lambda key: re.findall('"(.*?)"', re.search(rf"^{key} = \[(.*?)\]", text, re.MULTILINE | re.DOTALL)[1])
    lines = [
        "Metadata-Version: 2.4",
        "Name: accountd",
        f"Version: {version()}",
        f"Summary: {single('description')}",
        f"Keywords: {','.join(listed('keywords'))}",
        f"License-Expression: {single('license')}",
        f"Requires-Python: {single('requires-python')}",
        *(f"Classifier: {classifier}" for classifier in listed("classifiers")),
        "Provides-Extra: boto3",
        *(f"Requires-Dist: {wanted}; extra == 'boto3'" for wanted in listed("boto3")),
        "Description-Content-Type: text/markdown",
        "",
        (PACKAGE / "README.md").read_text(),
    ]
    return "\n".join(lines)


def files(binary, tag):
    """Every file of the wheel: its name, what it holds, its mode."""
    source = PACKAGE / "src"
    for path in sorted((source / "accountd").iterdir()):
        if path.suffix == ".py" or path.name == "py.typed":
            yield str(path.relative_to(source)), path.read_bytes(), 0o644
    yield f"accountd-{version()}.data/scripts/accountd", binary.read_bytes(), 0o755
    information = f"accountd-{version()}.dist-info"
    yield f"{information}/METADATA", metadata().encode(), 0o644
    tags = "".join(f"Tag: py3-none-{one}\n" for one in tag.split("."))
    yield f"{information}/WHEEL", f"Wheel-Version: 1.0\nGenerator: accountd\nRoot-Is-Purelib: false\n{tags}".encode(), 0o644
    yield f"{information}/licenses/LICENSE", (ROOT / "LICENSE").read_bytes(), 0o644
    entry = re.search(r'^\[project.entry-points.pytest11\]\naccountd = "(.*)"$', project(), re.MULTILINE)[1]
    yield f"{information}/entry_points.txt", f"[pytest11]\naccountd = {entry}\n".encode(), 0o644


def packed_small(content):
    """The content packed as small as the format of wheels can be read, in half a minute for the program."""
    # Needed by releases only.
    from zopfli import zlib as zopfli

    packed = zopfli.compress(content, numiterations=5, blocksplittingmax=0)
    # Without zlib's two bytes before and its checksum behind.
    return packed[2:-4]


def add_packed(archive, entry, content, packed):
    """Puts in what is packed already: as it is, and then the entry says what it is."""
    archive.writestr(entry, packed)
    entry.compress_type, entry.CRC, entry.file_size = zipfile.ZIP_DEFLATED, zlib.crc32(content), len(content)
    end = archive.fp.tell()
    archive.fp.seek(entry.header_offset)
    archive.fp.write(entry.FileHeader())
    archive.fp.seek(end)


def build(binary, folder, tag=STATIC, level=9):
    """Writes the wheel and returns its path. A lower level is quicker and larger; the level `None` takes its time."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"accountd-{version()}-py3-none-{tag}.whl"
    record = []

    def add(archive, name, content, mode):
        entry = zipfile.ZipInfo(name, TIME)
        entry.external_attr = (0o100000 | mode) << 16
        if level is None:
            add_packed(archive, entry, content, packed_small(content))
        else:
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=level)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(content)}")

    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content, mode in files(binary, tag):
            add(archive, name, content, mode)
        name = f"accountd-{version()}.dist-info/RECORD"
        record.append(f"{name},,")
        archive.writestr(zipfile.ZipInfo(name, TIME), "\n".join(record) + "\n")
    return wheel


if __name__ == "__main__":
    print(build(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *sys.argv[3:]))
