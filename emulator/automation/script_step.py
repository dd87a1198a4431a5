"""Run the script of an `aws:executeScript` step: `script_step.py SCRIPT HANDLER`, payload in, result out."""

import json
import runpy
import sys


def main(script: str, handler: str) -> None:
    """Call ``handler`` of the file ``script`` with standard input and write its result, both as JSON."""
    names = runpy.run_path(script)
    json.dump(names[handler](json.load(sys.stdin), {}), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
