"""The parts of the stand-in base that do not need root."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from image_trial import dnf
from image_trial.engine import Build, base_of
from image_trial.engines import resolve
from image_trial.errors import MissingToolError
from image_trial.python312 import find_python

INSTALL = ["install", "--assumeyes", "--setopt=install_weak_deps=False"]


def dnf_run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, dnf.__file__, *arguments], capture_output=True, text=True, check=False
    )


def test_dnf_knows_the_packages_that_the_dockerfile_names() -> None:
    dockerfile = Build().dockerfile.read_text().replace("\\\n", " ")
    instructions = re.findall(r"dnf install ([^&]+?) *&&", dockerfile)
    named = {word for words in instructions for word in words.split() if not word.startswith("-")}
    assert "python3.12-pip" in named
    assert named <= dnf.PACKAGES.keys()


def test_dnf_gives_a_package_s_programs_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin/tar"
    hidden = Path(f"{tmp_path}/hidden{program}")
    for folder in (program.parent, hidden.parent):
        folder.mkdir(parents=True)
    hidden.write_text("tar")
    monkeypatch.setattr(dnf, "HIDDEN", f"{tmp_path}/hidden")
    monkeypatch.setattr(dnf, "PACKAGES", {"tar": (str(program),)})
    assert [dnf.main(["install", "tar"]), dnf.main(["install", "tar"])] == [0, 0]
    assert program.read_text() == "tar"


@pytest.mark.parametrize("name", ["python3.12-pipp", "pyhton3.12", "libstdc++6"])
def test_dnf_refuses_a_package_that_amazon_linux_lacks(name: str) -> None:
    refused = dnf_run(*INSTALL, "shadow-utils", name)
    assert (refused.returncode, refused.stderr) == (1, f"No match for argument: {name}\n")


def test_dnf_refuses_a_command_that_it_has_not() -> None:
    assert dnf_run("instal", "shadow-utils").returncode == 1


def fake_python(folder: Path, version: str, prefix: Path) -> None:
    folder.mkdir(parents=True)
    program = folder / "python3.12"
    program.write_text(f"#!/bin/sh\necho '{version} {prefix}'\n")
    program.chmod(0o755)


def test_a_python_that_stands_alone_is_found(tmp_path: Path) -> None:
    fake_python(tmp_path / "versions/3.12.9/bin", "3.12", tmp_path / "versions/3.12.9")
    assert find_python(search_path="", pyenv_root=tmp_path) == tmp_path / "versions/3.12.9"


@pytest.mark.parametrize(("version", "prefix"), [("3.12", "/usr"), ("3.13", "/opt/python")])
def test_without_a_python_that_fits_it_is_said_what_to_install(
    tmp_path: Path, version: str, prefix: str
) -> None:
    fake_python(tmp_path / "bin", version, Path(prefix))
    with pytest.raises(MissingToolError, match=r"pyenv install 3\.12"):
        find_python(search_path=str(tmp_path / "bin"), pyenv_root=tmp_path / "none")


def test_an_engine_that_nobody_knows_is_wrong_use() -> None:
    with pytest.raises(
        MissingToolError, match=r"^ENGINE is 'moby'; allowed: auto, buildah, docker, podman\."
    ):
        resolve("moby")


def test_the_base_is_the_one_that_the_dockerfile_names() -> None:
    assert Build().base().startswith("public.ecr.aws/amazonlinux/")
    assert base_of("ARG A\nFROM --platform=linux/amd64 a/b:1 AS c\nFROM c\n") == "a/b:1"


def test_another_model_file_is_another_build(tmp_path: Path) -> None:
    file = tmp_path / "other.nemo"
    file.write_bytes(b"other")
    assert Build(model_file=file).arguments()["MODEL_NAME"] == "/given/other.nemo"
    assert Build(model_file=file).arguments()["MODEL_SHA256"] != Build().arguments()["MODEL_SHA256"]
