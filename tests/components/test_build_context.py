"""What Docker sends of a build context, and the tag that stands for it."""

import shutil
from pathlib import Path

import pytest

from components.build_context import content_tag, sent_files
from components.docker_ignore import is_ignored, may_hold_sent_files, parse_rules
from tests.components.graph import ROOT

ARGUMENTS = {"MODEL_NAME": "owner/name"}


@pytest.mark.parametrize(
    ("rules", "path", "ignored"),
    [
        ("*", "Dockerfile", True),
        ("*\n!package", "package/deep/module.py", False),
        ("*\n!package\n**/__pycache__", "package/deep/__pycache__/module.pyc", True),
        ("*\n!package\npackage/data\n!package/data/keep.txt", "package/data/keep.txt", False),
        ("*\n!package\npackage/data\n!package/data/keep.txt", "package/data/drop.txt", True),
        ("!package\n*", "package/module.py", True),
        ("*.pyc", "module.pyc", True),
        ("*.pyc", "package/module.pyc", False),
        ("**/*.pyc", "module.pyc", True),
        ("**/*.py[co]", "a/b/module.pyo", True),
        ("**/*.py[co]", "a/b/module.py", False),
        ("a/**", "a/b/c", True),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/b/b/c", True),
        ("a/*/c", "a/b/b/c", False),
        ("?.txt", "a.txt", True),
        ("?.txt", "ab.txt", False),
        ("/a", "a", True),
        ("a/", "a/b", True),
        ("./a", "a", True),
        ("# a", "# a", False),
        ("a.b", "axb", False),
        ("[^a].txt", "b.txt", True),
        ("\\*.txt", "a.txt", False),
        ("", "a", False),
    ],
)
def test_a_path_is_left_out_as_docker_leaves_it_out(rules: str, path: str, ignored: bool) -> None:
    assert is_ignored(path, parse_rules(rules)) is ignored


def test_folders_that_hold_nothing_to_send_are_not_searched() -> None:
    rules = parse_rules("*\n!package\n!data/sounds\npackage/cache")
    searched = {
        folder: may_hold_sent_files(folder, rules)
        for folder in ("venv", "package", "data", "package/cache", "dat")
    }
    assert searched == {"venv": False, "package": True, "data": True, "package/cache": False, "dat": False}


def test_what_the_dockerfile_copies_is_sent_and_nothing_else() -> None:
    sent = set(sent_files(ROOT))
    assert {name for name in sent if not name.startswith("transcriber/")} == {
        "image/Dockerfile",
        "image/requirements.txt",
    }
    assert {"transcriber/__main__.py", "transcriber/transcript/schema/transcript.schema.json"} <= sent
    assert not [name for name in sent if "__pycache__" in name]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A second checkout of what the image is built from."""
    folder = tmp_path / "checkout"
    for name in sent_files(ROOT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    shutil.copy2(ROOT / ".dockerignore", folder)
    return folder


def test_two_checkouts_have_the_same_tag(context: Path) -> None:
    assert content_tag(context, ARGUMENTS) == content_tag(ROOT, ARGUMENTS)


@pytest.mark.parametrize(
    "name",
    [
        *(".DS_Store", "transcriber/.DS_Store", "transcriber/__pycache__/job.cpython-312.pyc"),
        *("transcriber/job.py~", "transcriber/.job.py.swp", "transcriber/#job.py#"),
        "image/requirements.txt.orig",
        "notes.txt",
    ],
)
def test_what_tools_leave_behind_does_not_change_the_tag(context: Path, name: str) -> None:
    before = content_tag(context, ARGUMENTS)
    (context / name).parent.mkdir(exist_ok=True)
    (context / name).write_text("left behind")
    assert content_tag(context, ARGUMENTS) == before


def test_the_umask_of_a_checkout_does_not_change_the_tag(context: Path) -> None:
    before = content_tag(context, ARGUMENTS)
    for path in context.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    assert content_tag(context, ARGUMENTS) == before


def test_bytes_names_the_executable_bit_and_links_change_the_tag(context: Path) -> None:
    module = context / "transcriber" / "job.py"
    tags = [content_tag(context, ARGUMENTS)]
    module.chmod(0o755)
    tags.append(content_tag(context, ARGUMENTS))
    module.write_text("other")
    tags.append(content_tag(context, ARGUMENTS))
    module.rename(module.with_name("work.py"))
    tags.append(content_tag(context, ARGUMENTS))
    module.symlink_to("work.py")
    tags.append(content_tag(context, ARGUMENTS))
    (context / "image" / "Dockerfile").write_text("FROM scratch\n")
    tags.append(content_tag(context, ARGUMENTS))
    tags.append(content_tag(context, {"MODEL_NAME": "owner/other"}))
    assert len(set(tags)) == len(tags)
