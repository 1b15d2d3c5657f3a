"""Somebody with Python only: the README's line in a fresh environment, the plugin's own tests, and the story of the README (F-REACH-1)."""

import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request
import zipfile

import pytest
import wheel
from conftest import ROOT, clean, released, serving
from typed import line_for, until_ready, url_in

AWS = pathlib.Path(sys.executable).parent / "aws"
CLIENTS = ROOT / "tests" / "clients" / "python" / "requirements.txt"


@pytest.fixture(scope="module")
def environment(binary, tmp_path_factory):
    """A virtual environment where the README's line was typed, with what the tests need in the versions of the other suites."""
    folder = tmp_path_factory.mktemp("python")
    (made,) = released("*.whl") or [wheel.build(binary, folder / "made", level=1)]
    subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
    python = folder / "environment" / "bin" / "python"
    pinned = CLIENTS.read_text().splitlines()
    wanted = ["boto3", "botocore", "pytest", "pytest-xdist"]
    packages = [line for line in pinned if line.split("==")[0] in wanted]
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Instead of an index there is a folder with the wheel, and nothing else.
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    only = clean(PATH=path, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(made.parent))
    subprocess.run(["sh", "-c", line_for("Python")], env=only, check=True)
    subprocess.run([*pip, "--constraint", CLIENTS, *packages], check=True)
    return python.parent


def test_the_wheel_holds_the_program_and_a_typed_module(binary, tmp_path):
    (built,) = released("*.whl") or [wheel.build(binary, tmp_path, level=1)]
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
        (program,) = [entry for entry in archive.infolist() if entry.filename.endswith(".data/scripts/accountd")]
        assert program.external_attr >> 16 & 0o777 == 0o755
        metadata = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
        record = archive.read(next(name for name in names if name.endswith("RECORD"))).decode()
    assert "accountd/py.typed" in names and {line.split(",")[0] for line in record.splitlines()} == set(names)
    # Nothing is installed with it unless that is asked for.
    wanted = re.findall("^Requires-Dist: (.*)$", metadata, re.MULTILINE)
    assert wanted and all("extra ==" in line for line in wanted)


def test_a_wheel_that_is_packed_small_is_the_same_wheel(tmp_path):
    program = tmp_path / "program"
    program.write_bytes(bytes(range(256)) * 400)
    small, plain = (wheel.build(program, tmp_path / name, level=level) for name, level in [("small", None), ("plain", 9)])
    with zipfile.ZipFile(small) as one, zipfile.ZipFile(plain) as other:
        assert one.testzip() is None
        assert [(entry.filename, entry.external_attr, one.read(entry)) for entry in one.infolist()] == [
            (entry.filename, entry.external_attr, other.read(entry)) for entry in other.infolist()
        ]
    assert small.stat().st_size < plain.stat().st_size
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--target", tmp_path / "installed", small], check=True)


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_its_own_tests(environment, arguments, tmp_path):
    done = subprocess.run(
        [environment / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, ROOT / "python" / "tests"],
        cwd=tmp_path,
        env=clean(PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b2\d passed", done.stdout), done.stdout


def test_the_lines_of_its_readme(environment, tmp_path):
    """F-REACH-6: what python/README.md types is what the environment was made with, and serves."""
    (typed,) = re.findall(r"^```console\n(.*?)^```", (ROOT / "python" / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    first, second = (line.removeprefix("$ ") for line in typed.splitlines())
    assert first == line_for("Python")
    with serving(second, tmp_path, PATH=os.pathsep.join([str(environment), os.environ["PATH"]])) as url:
        with urllib.request.urlopen(f"{url}/_accountd/health") as answer:
            assert json.load(answer)["storage"] == "memory"


def test_the_first_minute_of_the_readme(environment, tmp_path):
    """With nothing but the wheel and the AWS CLI: what the page prints is printed."""
    page = (ROOT / "README.md").read_text().split("## A first minute")[1].split("\n## ")[0]
    transcript = re.search(r"```console\n(.*?)```", page, re.DOTALL)[1]
    steps = re.findall(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", transcript, re.MULTILINE)
    assert len(steps) >= 6, steps
    flags = re.search("`accountd (--.*?)`", page)[1].split()
    server = subprocess.Popen(
        [environment / "accountd", *flags, "--listen", "127.0.0.1:0"],
        env=clean(),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = url_in(until_ready(server.stderr))
        script = "".join(f"{command}\necho '--- end'\n" for command, _ in steps)
        script = script.replace("accountd env", f"accountd env --endpoint {url}")
        script = script.replace("accountd clock", f"accountd clock --endpoint {url}")
        path = os.pathsep.join([str(environment), str(AWS.parent), os.environ["PATH"]])
        done = subprocess.run(
            ["bash", "-c", script], env=clean(PATH=path, AWS_PAGER=""), cwd=tmp_path, capture_output=True, text=True
        )
    finally:
        server.terminate()
        server.wait()
    printed = done.stdout.split("--- end\n")[:-1]
    for (command, expected), found in zip(steps, printed, strict=True):
        # Only an instant may be another one.
        instant = r"\d{4}-\d\d-\d\dT[\d:.]+Z"
        assert re.sub(instant, "…", found) == re.sub(instant, "…", expected), command + done.stderr


@pytest.mark.parametrize(("page", "passed"), [("testing.md", 3), ("coming-from-localstack-and-moto.md", 1)])
def test_what_the_pages_say_of_pytest(environment, tmp_path, page, passed):
    """F-REACH-6"""
    (program,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "test_page.py").write_text(program)
    done = subprocess.run(
        [environment / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers", tmp_path],
        cwd=tmp_path,
        env=clean(),
        capture_output=True,
        text=True,
    )
    assert f"{passed} passed" in done.stdout and done.returncode == 0, done.stdout


def test_what_its_own_readme_says(environment, tmp_path):
    """F-REACH-6: the first program of python/README.md prints what it says; the second is a test, though an empty one."""
    text = (ROOT / "python" / "README.md").read_text()
    program, test = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [environment / "python", "-c", program], cwd=tmp_path, env=clean(), capture_output=True, text=True
    )
    assert done.stdout.split() == [re.search(r"# (\w+)$", program, re.MULTILINE)[1]], done
    (tmp_path / "test_page.py").write_text(test)
    done = subprocess.run(
        [environment / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path,
        env=clean(),
        capture_output=True,
        text=True,
    )
    assert "1 passed" in done.stdout, done.stdout
