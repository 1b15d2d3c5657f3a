"""Somebody with Node only: the packages packed, and installed into an empty folder (F-REACH-2)."""

import json
import os
import re
import shutil
import subprocess
import urllib.request

import npm
import pytest
from conftest import ROOT, clean, released, serving
from typed import line_for
from npm_registry import Registry


@pytest.fixture(scope="module")
def packed(binary, tmp_path_factory):
    made = released("accountd-linux-x64-*.tgz", "accountd-[0-9]*.tgz", "accountd-testing-*.tgz")
    return made or npm.build(binary, tmp_path_factory.mktemp("packed"))


@pytest.fixture(scope="module")
def folder(packed, tmp_path_factory):
    """An empty folder with the packages and what their tests need."""
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


@pytest.mark.parametrize("page", ["README.md", pytest.param("npm/accountd/README.md", marks=pytest.mark.everything)])
def test_the_line_of_the_readme_serves(packed, tmp_path, page):
    """In an empty folder, with a registry that has these packages only."""
    line = line_for("Node")
    if page != "README.md":
        (block,) = re.findall(r"^```console\n\$ (.*)\n```", (ROOT / page).read_text(), re.MULTILINE)
        assert block.startswith(line)
        line = block
    path = os.pathsep.join([os.environ["NODE_FOLDER"], os.environ["PATH"]])
    with Registry(packed) as registry:
        settings = {"npm_config_registry": registry.url, "npm_config_cache": str(tmp_path / "cache")}
        # What this user has settled is not everybody's. At a terminal npm asks before it installs, elsewhere it does.
        settings |= {"npm_config_userconfig": os.devnull, "npm_config_update_notifier": "false"}
        settings |= {"ACCOUNTD_IN_MEMORY": "true", "PATH": path}
        with serving(line, tmp_path, **settings) as url:
            with urllib.request.urlopen(f"{url}/_accountd/health") as answer:
                assert json.load(answer)["storage"] == "memory"
        assert {"/accountd", "/@accountd/linux-x64"} <= set(registry.asked)


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
