"""Lets the tests of Terraform use the Python suite's modules."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "python"))
