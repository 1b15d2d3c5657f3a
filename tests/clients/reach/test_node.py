"""Somebody with Node only: the packages packed, and installed into an empty folder (F-REACH-2)."""

import os
import re
import shutil
import subprocess

import npm
import pytest
from conftest import ROOT, clean


@pytest.fixture(scope="module")
def folder(binary, tmp_path_factory):
    """An empty folder with the packages and what their tests need."""
    packed = npm.build(binary, tmp_path_factory.mktemp("packed"))
    folder = tmp_path_factory.mktemp("node")
    shutil.copytree(ROOT / "npm" / "tests", folder, dirs_exist_ok=True)
    environment = clean(PATH=os.pathsep.join([os.environ["NODE_FOLDER"], os.environ["PATH"]]))
    install = ["npm", "install", "--no-audit", "--no-fund", "--silent", *map(str, packed)]
    subprocess.run(install, cwd=folder, env=environment, check=True)
    return folder, environment


def run(folder, environment, *command):
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_npx_runs_the_program(folder):
    assert re.match(r"accountd \d", run(*folder, "npx", "--offline", "accountd", "--version"))


def test_vitest(folder):
    assert re.search(r"Tests\s+(\x1b\S+\s*)*\d+ passed", run(*folder, "npx", "vitest", "run", "--no-color"))


def test_node_test(folder):
    assert "# pass 1\n" in run(*folder, "node", "--test", "--test-reporter=tap", "with-node-test.cjs")


def test_types(folder):
    """The declarations say what the module has."""
    program = (
        "const given = require('@accountd/testing'); const text = require('fs').readFileSync("
        "'node_modules/@accountd/testing/index.d.ts', 'utf8');"
        "for (const name of Object.keys(given)) if (!text.includes(name)) throw name;"
        "for (const name of Object.getOwnPropertyNames(given.Server.prototype))"
        "  if (name !== 'constructor' && !text.includes(name)) throw name;"
    )
    run(*folder, "node", "-e", program)


@pytest.mark.parametrize("page", ["docs/testing.md", pytest.param("npm/testing/README.md", marks=pytest.mark.everything)])
def test_what_the_page_says_of_vitest(folder, page):
    """F-REACH-6"""
    (program,) = re.findall(r"^```js\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    (folder[0] / "page.test.mjs").write_text(program)
    assert re.search(r"Tests\s+1 passed", run(*folder, "npx", "vitest", "run", "--no-color", "page.test.mjs"))
