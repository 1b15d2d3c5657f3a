"""Where the program lies."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig

_NAME = "accountd.exe" if sys.platform == "win32" else "accountd"


class NoBinary(RuntimeError):
    """The program is nowhere."""


def binary() -> str:
    """The program's path: what ``ACCOUNTD_BINARY`` names, or else what was installed with this package, or else what is on
    the path.
    """
    named = os.environ.get("ACCOUNTD_BINARY")
    if named:
        return named
    user = f"{os.name}_user"
    schemes = [None, user] if user in sysconfig.get_scheme_names() else [None]
    for scheme in schemes:
        folder = sysconfig.get_path("scripts", scheme) if scheme else sysconfig.get_path("scripts")
        path = os.path.join(folder, _NAME)
        if os.path.isfile(path):
            return path
    found = shutil.which(_NAME)
    if found:
        return found
    raise NoBinary("there is no program accountd beside this Python or on the path: pip install --force-reinstall accountd")
