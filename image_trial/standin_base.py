"""A stand-in for Amazon Linux 2023, made of this machine's Debian or Ubuntu, for where no registry is.

It is what the Dockerfile relies on and no more: a C library, a shell with the usual programs, Python 3.12
with the libraries it is linked with, and a ``dnf`` that knows packages of Amazon Linux and what is in them.
"""

import hashlib
import os
import shutil
import ssl
from pathlib import Path

from image_trial import dnf
from image_trial.errors import MissingToolError, run

DEBIAN_PACKAGES = (
    *("ca-certificates", "libbz2-1.0", "libexpat1", "libffi8", "liblzma5", "libncursesw6", "libreadline8"),
    *("libsqlite3-0", "libssl3", "libstdc++6", "libuuid1", "passwd", "zlib1g"),
)
"""What a Python built from source is linked with, on top of the minimal system."""

CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
LEFT_OUT = ("test", "idlelib", "tkinter", "site-packages", "__pycache__")
"""Of the copied Python: what Amazon Linux has in other packages, and what was installed into it here."""


def base_key(python: Path) -> str:
    """Return what changes whenever the base would: this module, ``dnf``, the system and the Python."""
    digest = hashlib.sha256()
    for source in (Path(__file__), Path(dnf.__file__), Path("/etc/os-release")):
        digest.update(source.read_bytes())
    digest.update(os.environ.get("PIP_INDEX_URL", "").encode())
    digest.update(f"{python}{(python / 'bin' / 'python3.12').stat().st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def make_root(root: Path, python: Path) -> None:
    """Make the base's files in the empty folder ``root``.

    Args:
        python: the folder of a Python 3.12; it gets the same path in the base, as that is compiled in.

    Raises:
        TrialError: debootstrap failed.
    """
    run(["debootstrap", "--variant=minbase", f"--include={','.join(DEBIAN_PACKAGES)}", _suite(), str(root)])
    shutil.rmtree(root / "var/cache/apt", ignore_errors=True)
    shutil.rmtree(root / "var/lib/apt/lists", ignore_errors=True)
    copied = root / python.relative_to("/")
    for folder in ("bin", "lib"):
        shutil.copytree(
            python / folder, copied / folder, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT)
        )
    _let_everyone_enter(root, copied)
    (root / "etc/ld.so.conf.d/python.conf").write_text(f"{python}/lib\n")
    run(["chroot", str(root), "ldconfig"])
    (root / "usr/bin/python3.12").symlink_to(python / "bin/python3.12")
    _install_dnf(root, python)
    _let_pip_reach_its_index(root)


def _suite() -> str:
    """Return the name of this machine's release, such as ``bookworm``.

    Raises:
        MissingToolError: it is no Debian and nothing that comes of it.
    """
    lines = Path("/etc/os-release").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    name = values.get("VERSION_CODENAME", "").strip('"')
    if not name or not shutil.which("debootstrap"):
        raise MissingToolError(
            "The stand-in base is made by debootstrap, which Debian and Ubuntu have: `apt-get install"
            " debootstrap`. Elsewhere use a container engine: make image ENGINE=docker"
        )
    return name


def _let_everyone_enter(root: Path, folder: Path) -> None:
    """Open the folders above ``folder`` to the job's user; Python may stand in a private home folder."""
    while folder != root:
        folder.chmod(0o755)
        folder = folder.parent


def _install_dnf(root: Path, python: Path) -> None:
    """Put ``dnf`` in place, and the programs of packages that are not installed yet out of sight."""
    for program in (each for programs in dnf.PACKAGES.values() for each in programs):
        hidden = Path(f"{root}{dnf.HIDDEN}{program}")
        hidden.parent.mkdir(parents=True, exist_ok=True)
        Path(f"{root}{program}").rename(hidden)
    command = root / "usr/bin/dnf"
    command.write_text(f"#!{python}/bin/python3.12\n{Path(dnf.__file__).read_text()}")
    command.chmod(0o755)


def _let_pip_reach_its_index(root: Path) -> None:
    """Trust whom this machine trusts, and ask the index that it asks: both may be a proxy of its own."""
    trusted = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    if trusted and Path(trusted).is_file():
        shutil.copyfile(trusted, root / CERTIFICATES.lstrip("/"))
    lines = ["[global]", f"cert = {CERTIFICATES}"]
    if index := os.environ.get("PIP_INDEX_URL"):
        lines.append(f"index-url = {index}")
    (root / "etc/pip.conf").write_text("\n".join(lines) + "\n")
