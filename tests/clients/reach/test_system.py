"""A package of a system, the unit, and what a monitoring reads (F-REACH-4)."""

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request

import debian
import npm
import pytest
import yaml
from conftest import ROOT

MONITORING = ROOT / "packaging" / "monitoring"


@pytest.fixture(scope="module")
def installed(binary, manual, tmp_path_factory):
    if shutil.which("dpkg-deb") is None:
        pytest.skip("there is no dpkg-deb")
    folder = tmp_path_factory.mktemp("debian")
    package = debian.build(binary, manual, folder, compression="none")
    subprocess.run(["dpkg-deb", "--extract", str(package), str(folder / "root")], check=True)
    return package, folder / "root"


def test_the_package_installs_program_unit_manual_and_completions(installed):
    package, root = installed
    done = subprocess.run([root / "usr/bin/accountd", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("accountd ")
    for place in (
        "lib/systemd/system/accountd.service",
        "usr/share/man/man1/accountd.1.gz",
        "usr/share/man/man1/accountd-env.1.gz",
        "usr/share/bash-completion/completions/accountd",
        "usr/share/doc/accountd/copyright",
    ):
        assert (root / place).is_file(), place
    fields = subprocess.run(["dpkg-deb", "--field", str(package)], capture_output=True, text=True, check=True).stdout
    assert "Package: accountd\n" in fields and "Depends:" not in fields
    listed = subprocess.run(["dpkg-deb", "--contents", str(package)], capture_output=True, text=True, check=True).stdout
    assert all(" root/root " in line for line in listed.splitlines())


def test_the_archive_holds_the_same(binary, manual, tmp_path):
    archive = debian.tarball(binary, manual, tmp_path)
    listed = subprocess.run(["tar", "-tzf", archive], capture_output=True, text=True, check=True).stdout
    for name in ("accountd", "man/accountd.1", "completions/_accountd", "LICENSE", "accountd.service"):
        assert f"/{name}\n" in listed, listed


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_the_unit_is_one(installed, tmp_path):
    _, root = installed
    unit = tmp_path / "accountd.service"
    text = (root / "lib/systemd/system/accountd.service").read_text()
    # Where the program is not installed the path of one that is there stands in for it.
    unit.write_text(text.replace("/usr/bin/accountd", str(root / "usr/bin/accountd")))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
    about = [line for line in (done.stdout + done.stderr).splitlines() if "accountd" in line]
    assert done.returncode == 0 and about == [], done


def served_names(binary, tmp_path):
    """The metrics that a running accountd has."""
    server = subprocess.Popen(
        [binary, "--in-memory", "--listen", "127.0.0.1:0"], env={}, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        for line in server.stderr:
            if " listens on " in line:
                url = line.split(" listens on ")[1].strip()
            if line == "Ready.\n":
                break
        for _ in range(2):
            with urllib.request.urlopen(f"{url}/_accountd/metrics") as answer:
                page = answer.read().decode()
            request = urllib.request.Request(f"{url}/", data=b"{}", headers={"X-Amz-Target": "AmazonSSM.GetParameter"})
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(request)
    finally:
        server.terminate()
        server.wait()
    return page


def test_rules_and_dashboard_read_metrics_that_are_there(binary, tmp_path):
    page = served_names(binary, tmp_path)
    described = set(re.findall(r"^# TYPE (\S+) ", page, re.MULTILINE))
    rules = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
    expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    expressions += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(expressions) > 10
    for expression in expressions:
        for name in re.findall(r"\b(?:accountd|process)_[a-z_]+", expression):
            assert re.sub("_(bucket|sum|count)$", "", name) in described, f"{name} in {expression}"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="there is no promtool")
def test_promtool_finds_nothing(binary, tmp_path):
    page = served_names(binary, tmp_path)
    done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True)
    assert done.returncode == 0, done
    done = subprocess.run(["promtool", "check", "rules", MONITORING / "alerts.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done


def test_the_workflow_of_a_release_runs_what_is_here():
    """The jobs build what npm is told to look for, by commands that this repository has."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    said = "\n".join(steps)
    assert "cargo xtask release --dry-run" in steps
    for script in re.findall(r"packaging/\S+\.py", said):
        assert (ROOT / script).is_file(), script
    # Linux is the default of the script that packs them.
    assert {platform for platform in npm.PLATFORMS if platform != "linux-x64"} <= set(re.findall(r"darwin-\w+", said))
    # The crates are those that are packed and built here.
    packed = re.search(r"PUBLISHED: \[&str; 5\] =\s*\[(.*?)\]", (ROOT / "xtask/src/test/crates.rs").read_text()).group(1)
    assert re.findall(r"--package (accountd\S*)", steps[-1]) == re.findall(r'"([^"]+)"', packed)
