"""`python -m tests.faults`: a long campaign, as `make soak` runs it; ends with 1 if anything was lost."""

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.campaign import Plan, run


def main() -> int:
    """Run the campaign of the command line and print its reconciliation."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--uploads", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real-share", type=float, default=0.1, help="transcribed by the tiny model itself")
    parser.add_argument("--slots", type=int, default=6, help="jobs that run at once")
    options = parser.parse_args()
    plan = Plan(options.seed, options.uploads, options.real_share, options.slots)
    print(f"{plan.uploads} uploads, seed {plan.seed} ...", flush=True)
    began = time.monotonic()
    logging.getLogger("local").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        found = run(plan, Path(folder))
    print(f"{found}\n{time.monotonic() - began:.0f} s")
    if found.problems:
        print(f"Again: make soak UPLOADS={plan.uploads} SEED={plan.seed}", file=sys.stderr)
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
