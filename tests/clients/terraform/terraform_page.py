"""A page of the documentation whose configuration Terraform applies: taken from the page and run as it stands."""

import os
import pathlib

from accountd import Accountd
from test_terraform import TERRAFORM, settings


def story(page, tmp_path):
    """Yields what the commands of a page said, run in a folder that holds its configuration."""
    server = Accountd(tmp_path / "run", *page.flags())
    server.start()
    directory = tmp_path / "configuration"
    directory.mkdir()
    (configuration,) = page.blocks("hcl")
    (directory / "main.tf").write_text(configuration)
    path = f"{pathlib.Path(TERRAFORM).parent}:{os.environ['PATH']}"
    yield page.run(server, directory, **settings(directory), TF_CLI_ARGS="-no-color", PATH=path)
    server.stop()
