"""Pages for readers: every link, file, command and number in them is right."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.components.graph import PROJECT, run_program

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    page
    for pattern in ("*.md", "*/*.md")
    for page in ROOT.glob(pattern)
    if not page.relative_to(ROOT).parts[0].startswith(".")
)
FOLDERS = (
    *("benchmarks", "components", "docs", "emulator", "image", "image_trial", "local", "operations"),
    *("runbooks", "tests", "tiny_model", "transcriber"),
)

on_every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def prose_of(page: Path) -> str:
    """The text of a page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors_of(page: Path) -> set[str]:
    """What a link to a heading of the page has after its ``#``, as GitHub makes it."""
    titles = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def test_there_are_pages() -> None:
    names = {str(page.relative_to(ROOT)) for page in PAGES}
    assert {"README.md", "docs/configuration.md", "docs/operations.md"} <= names


@on_every_page
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
        if link.startswith(("http:", "https:", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            wrong.append(link)
    assert wrong == []


@on_every_page
def test_every_file_and_folder_that_is_named_exists(page: Path) -> None:
    names = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`", page.read_text())
    assert [name for name in names if not (ROOT / name).exists()] == []


@on_every_page
def test_every_make_target_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    # In prose only a name in backticks is a target: "make sure" is none.
    targets = re.findall(r"(?:`|^\$? ?)make ([a-z]+)\b", page.read_text(), re.MULTILINE)
    assert [each for each in targets if not re.search(rf"^{each}:", makefile, re.MULTILINE)] == []


@on_every_page
def test_every_python_command_exists(page: Path) -> None:
    modules = set(re.findall(r"python -m ([a-z_][\w.]*\w)", page.read_text())) - {"venv", "pip", "pytest"}
    assert [module for module in sorted(modules) if not is_command(module)] == []


@on_every_page
def test_every_operation_that_is_named_is_a_command(page: Path) -> None:
    modules = set(re.findall(r"`(operations\.\w+)[ `]", page.read_text()))
    assert [module for module in sorted(modules) if not is_command(module)] == []


def is_command(module: str) -> bool:
    """Whether ``python -m`` runs it."""
    path = ROOT.joinpath(*module.split("."))
    if path.is_dir():
        return (path / "__main__.py").exists()
    file = path.with_suffix(".py")
    return file.exists() and 'if __name__ == "__main__":' in file.read_text()


def test_the_readme_links_to_every_page_of_the_docs() -> None:
    readme = (ROOT / "README.md").read_text()
    pages = [str(page.relative_to(ROOT)) for page in PAGES if page.parent.name == "docs"]
    assert [page for page in pages if f"({page})" not in readme] == []


def test_the_demo_has_as_many_resources_as_the_readme_shows() -> None:
    stack = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())["config"]
    own = {key.removeprefix(f"{PROJECT}:"): value for key, value in stack.items() if key.startswith(PROJECT)}
    texts = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in own.items()}
    shown = re.findall(r"(\d+) resources", (ROOT / "README.md").read_text())
    assert shown == [str(len(run_program(texts).resources))]


def test_the_page_on_operations_lists_the_alarms_of_the_program() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    section = page.split("\n## Alarms\n")[1].split("\n## ")[0]
    _title, *listed = re.findall(r"^\| ([a-z]+(?:-[a-z]+)*) \|", section, re.MULTILINE)
    alarms = run_program({"alarmEmail": "team@example.org", "collectSeconds": "60"}).of_type("MetricAlarm")
    # An alarm on many rules is several, with a number each.
    assert set(listed) == {re.sub(r"-\d+$", "", alarm.name.removeprefix("watch-")) for alarm in alarms}


def test_the_diagram_of_a_job_names_the_folders_of_the_worker() -> None:
    diagram = ElementTree.parse(ROOT / "docs" / "job.svg")
    names = {each.text or "" for each in diagram.iter() if each.get("class") == "name"}
    folders = {name.removesuffix("/") for name in names if name.endswith("/")}
    packages = {path.parent.name for path in (ROOT / "transcriber").glob("*/__init__.py")}
    assert folders == packages
