"""``python -m supply_chain.audit``: what is known against the packages of the image, by pip-audit.

Where the advisories can't be had it says so in a line and ends well: no network is no fault of the packages.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from supply_chain.lock import LOCK_FILE

SERVICE = "https://api.osv.dev/v1/query"
TIMEOUT_SECONDS = 15


def audit(service: str, options: Sequence[str]) -> list[dict[str, Any]] | str:
    """Return what pip-audit found out about each locked package, or why it found out nothing.

    Args:
        service: where OSV's advisories are asked for.
        options: further ones of pip-audit.
    """
    ended = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pip_audit",
                "--requirement",
                str(LOCK_FILE),
                "--no-deps",
                "--disable-pip",
            ),
            *("--vulnerability-service", "osv", "--osv-url", service, "--timeout", str(TIMEOUT_SECONDS)),
            *("--format", "json", "--progress-spinner", "off", *options),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found: list[dict[str, Any]] = json.loads(ended.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return (ended.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
    return found


def tell(packages: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each advisory and for each package that none could be had for."""
    for package in packages:
        if reason := package.get("skip_reason"):
            yield f"{package['name']}: not audited ({reason})"
        for advisory in package.get("vulns", []):
            mended = ", ".join(advisory["fix_versions"]) or "no version yet"
            names = ", ".join([advisory["id"], *advisory["aliases"]])
            yield f"{package['name']} {package['version']}: {names}; mended in {mended}"


def main(arguments: Sequence[str]) -> int:
    """Print what is known and return the exit code: 1 where there is something, without `--tell-only`."""
    parser = argparse.ArgumentParser(
        prog="python -m supply_chain.audit", description=__doc__, epilog="Other options go to pip-audit."
    )
    parser.add_argument("--tell-only", action="store_true", help="end well whatever is known")
    parser.add_argument("--osv-url", default=SERVICE, help="where advisories are (default: %(default)s)")
    options, others = parser.parse_known_args(arguments)
    found = audit(options.osv_url, others)
    if isinstance(found, str):
        print(f"Packages not audited: no advisories from {options.osv_url} ({found})")
        return 0
    for line in tell(found):
        print(line)
    count = sum(len(package.get("vulns", [])) for package in found)
    print(f"{len(found)} packages of the image audited: {count or 'no'} known vulnerabilities")
    return 1 if count and not options.tell_only else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
