"""Run a module of the worker as if only the packages of the image's lock file were installed."""

import re
import runpy
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

PROJECT = Path(__file__).resolve().parents[2]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


LOCKED = set(re.findall(r"^([\w.-]+)==", (PROJECT / "image" / "requirements.txt").read_text(), re.MULTILINE))
PROVIDERS = metadata.packages_distributions()


class LockedFinder:
    """Finds what the path has, but for modules that only other packages provide."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        providers = PROVIDERS.get(name.partition(".")[0])
        if providers and not any(canonical(each) in LOCKED for each in providers):
            return None
        return PathFinder.find_spec(name, path, target)

    @staticmethod
    def find_distributions(context: metadata.DistributionFinder.Context) -> Iterable[metadata.Distribution]:
        return (each for each in PathFinder.find_distributions(context) if canonical(each.name) in LOCKED)


if __name__ == "__main__":
    sys.meta_path[sys.meta_path.index(PathFinder)] = LockedFinder
    sys.path.insert(0, str(PROJECT))
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
