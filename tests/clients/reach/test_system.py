"""A package of a system, the unit, and what a monitoring reads (F-REACH-4)."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import debian
import npm
import pytest
import yaml
from conftest import ROOT, released, serving
from typed import until_ready, url_in

MONITORING = ROOT / "packaging" / "monitoring"


@pytest.fixture(scope="module")
def installed(binary, manual, tmp_path_factory):
    if shutil.which("dpkg-deb") is None:
        pytest.skip("there is no dpkg-deb")
    folder = tmp_path_factory.mktemp("debian")
    (package,) = released("*.deb") or [debian.build(binary, manual, folder, compression="none")]
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
    (archive,) = released("*-linux.tar.gz") or [debian.tarball(binary, manual, tmp_path)]
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


def test_the_sums_are_those_of_the_files():
    """What a release lists is what lies beside the list, and the list of what is in the program is one."""
    pieces = released("SHA256SUMS", "*.cdx.json")
    if pieces is None:
        pytest.skip("nothing is released; `cargo xtask release --dry-run` makes a release")
    sums, bill = pieces
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", sums.name], cwd=sums.parent, check=True)
    listed = {line.split("  ")[1] for line in sums.read_text().splitlines()}
    assert listed == {path.name for path in sums.parent.iterdir()} - {sums.name}
    components = json.loads(bill.read_text())["components"]
    assert {"tokio", "rusqlite"} <= {component["name"] for component in components}


def served_names(binary, tmp_path):
    """The metrics that a running accountd has."""
    server = subprocess.Popen(
        [binary, "--in-memory", "--listen", "127.0.0.1:0"], env={}, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        url = url_in(until_ready(server.stderr))
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


def monitoring(program):
    """A program of Prometheus, of the machine or of the gate's own folder."""
    found = shutil.which(program, path=os.pathsep.join([os.environ.get("PROMETHEUS", ""), os.environ["PATH"]]))
    return found or pytest.skip(f"there is no {program}; `cargo xtask test everything` installs Debian's")


def test_promtool_finds_nothing(binary, tmp_path):
    promtool = monitoring("promtool")
    page = served_names(binary, tmp_path)
    done = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done
    done = subprocess.run([promtool, "check", "rules", MONITORING / "alerts.yaml"], capture_output=True, text=True)
    assert done.returncode == 0 and "SUCCESS" in done.stdout, done


@pytest.mark.everything
def test_a_prometheus_reads_what_the_page_says(binary, tmp_path):
    """F-REACH-6: the scrape of docs/operate.md, with its token, and the rules, by a Prometheus that runs."""
    prometheus = monitoring("prometheus")
    (block,) = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "operate.md").read_text(), re.MULTILINE | re.DOTALL)
    configuration = yaml.safe_load(block)
    token = tmp_path / "token"
    token.write_text("a-token-of-some-length")
    token.chmod(0o600)
    (scrape,) = configuration["scrape_configs"]
    scrape["authorization"]["credentials_file"] = str(token)
    configuration |= {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}}
    configuration["rule_files"] = [str(MONITORING / "alerts.yaml")]
    with serving(f"{binary} --in-memory --admin-token-file {token}", tmp_path) as url:
        scrape["static_configs"] = [{"targets": [url.removeprefix("http://")]}]
        (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(configuration))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        flags = [f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"]
        with open(tmp_path / "log", "w") as log:
            started = subprocess.Popen([prometheus, *flags, f"--web.listen-address={address}"], cwd=tmp_path, stderr=log)
        try:
            up = asked_until(f"http://{address}/api/v1/query?query=up", lambda data: data["result"], started)
            assert [one["metric"]["job"] for one in up["result"]] == ["accountd"]
            assert [one["value"][1] for one in up["result"]] == ["1"], (tmp_path / "log").read_text()
            is_judged = lambda data: all(rule["health"] != "unknown" for group in data["groups"] for rule in group["rules"])
            rules = asked_until(f"http://{address}/api/v1/rules", is_judged, started)
            assert {rule["health"] for group in rules["groups"] for rule in group["rules"]} == {"ok"}, rules
        finally:
            started.terminate()
            started.wait()


def asked_until(url, is_there, started):
    """What Prometheus says, once it says what is waited for. Nobody but it knows when it has read and judged."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and started.poll() is None:
        try:
            with urllib.request.urlopen(url) as answer:
                data = json.load(answer)["data"]
            if is_there(data):
                return data
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.2)
    raise AssertionError(f"{url} never said it")


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
    (publishing,) = [step for step in steps if "cargo publish" in step]
    assert re.findall(r"--package (accountd\S*)", publishing) == re.findall(r'"([^"]+)"', packed)
    assert "cargo xtask docs" in steps and workflow["jobs"]["site"]["needs"] == ["publish"]
