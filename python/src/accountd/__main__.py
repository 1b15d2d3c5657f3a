"""``python -m accountd``: the program, in place of this process."""

import os
import subprocess
import sys

from ._binary import binary


def main() -> None:
    """Runs the program with the same arguments."""
    program = binary()
    if os.name == "posix":
        os.execv(program, [program, *sys.argv[1:]])
    sys.exit(subprocess.run([program, *sys.argv[1:]]).returncode)


if __name__ == "__main__":
    main()
