"""Import the modules of NeMo that inference needs, without those for training.

``import nemo.collections.asr`` imports 6,500 modules: Lightning, torchmetrics, transformers, pandas, lhotse
and more. This takes longer than transcribing many recordings. A speech model needs 80 modules of NeMo. But
NeMo's packages import everything in their ``__init__``, and its modules import training libraries. So within
`lean_nemo` packages import a name only when it is used, and modules that inference never calls are replaced
by stand-ins. The code that computes is NeMo's own.
"""

import ast
import sys
from collections.abc import Iterator, MutableSequence, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np

EAGER_PACKAGES = frozenset({"nemo", "nemo.utils"})
"""Packages whose ``__init__`` does more than import names."""

STAND_INS = frozenset(
    {
        # Saving, downloading, exporting and training.
        "huggingface_hub",
        "hydra",
        "lightning",
        "nemo.core.classes.mixins.hf_io_mixin",
        "nemo.core.connectors.save_restore_connector",
        "nemo.utils.cloud",
        "nemo.utils.data_utils",
        "nemo.utils.export_utils",
        "nemo.utils.lightning_logger_patch",
        "nemo.utils.model_utils",
        "webdataset",
        # Augmentation, and features of other kinds.
        "librosa",
        "nemo.collections.asr.parts.preprocessing.perturb",
        "nemo.collections.asr.parts.preprocessing.segment",
        "nemo.collections.audio.parts.utils.transforms",
        "nemo.core.utils.numba_utils",
        # Language models and phrase boosting in the decoder, cache-aware streaming in the encoder.
        "nemo.collections.asr.models.configs",
        "nemo.collections.asr.parts.context_biasing",
        "nemo.collections.asr.parts.submodules.ngram_lm",
    }
)
"""Modules, with all their submodules, that the needed modules import but do not use."""


@contextmanager
def lean_nemo() -> Iterator[None]:
    """Import NeMo's modules in the lean way within the block, unless all of NeMo is imported already."""
    if "nemo.core" in sys.modules and not isinstance(sys.modules["nemo.core"], _LazyPackage):
        yield
        return
    known = set(sys.modules)
    finder = _LeanFinder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    except BaseException:
        _forget(known)
        raise
    finally:
        sys.meta_path.remove(finder)
    # Later imports of these libraries get the real ones.
    for name in set(sys.modules) - known:
        if isinstance(sys.modules[name], _StandIn) and not name.startswith("nemo."):
            del sys.modules[name]


def _forget(known: set[str]) -> None:
    """Remove the modules of an import that failed, so that NeMo can be imported as a whole later."""
    for name in set(sys.modules) - known:
        if name.partition(".")[0] == "nemo" or isinstance(sys.modules[name], _StandIn):
            del sys.modules[name]


class _Inert:
    """The value of any name in a stand-in: a class that takes all arguments, does nothing and is false."""

    def __init__(self, *_arguments: object, **_named: object) -> None:
        pass

    def __bool__(self) -> bool:
        return False


class _StandIn(ModuleType):
    """A module in which every public name is an inert class."""

    __path__: ClassVar[MutableSequence[str]] = []  # type: ignore[misc]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and not name.isupper():
            raise AttributeError(name)
        inert = type(name, (_Inert,), {})
        setattr(self, name, inert)
        return inert


class _Librosa(_StandIn):
    """The preprocessor needs only the shape of librosa's filter bank: the values are in the weights."""

    filters = SimpleNamespace(mel=lambda *, n_mels, n_fft, **_named: np.zeros((n_mels, n_fft // 2 + 1)))


class _LazyPackage(ModuleType):
    """A package whose ``__init__`` is not run. Its names are imported when they are used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        for module, original in _origins(self, name):
            value = _import_name(module, original)
            if value is not None:
                setattr(self, name, value)
                return value
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


def _origins(package: ModuleType, name: str) -> Iterator[tuple[str, str]]:
    """Yield the modules from which ``__init__`` may import ``name``, with the original name there."""
    spec = package.__spec__
    source = Path(spec.origin).read_text() if spec and spec.origin else ""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if alias.name == "*":
                    yield node.module, name
                elif (alias.asname or alias.name) == name:
                    yield node.module, alias.name


def _import_name(module: str, name: str) -> Any:
    origin = import_module(module)
    is_submodule = not hasattr(origin, name) and hasattr(origin, "__path__")
    if is_submodule and PathFinder.find_spec(f"{module}.{name}", origin.__path__):
        return import_module(f"{module}.{name}")
    return getattr(origin, name, None)


class _LeanFinder(MetaPathFinder, Loader):
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if _is_stand_in(name):
            return ModuleSpec(name, self, is_package=True)
        if not name.startswith("nemo.") or name in EAGER_PACKAGES:
            return None
        found = PathFinder.find_spec(name, path)
        if found is None or found.submodule_search_locations is None:
            return None
        spec = ModuleSpec(name, self, origin=found.origin, is_package=True)
        spec.submodule_search_locations = list(found.submodule_search_locations)
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        if spec.name == "librosa":
            return _Librosa(spec.name)
        return _StandIn(spec.name) if _is_stand_in(spec.name) else _LazyPackage(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def _is_stand_in(name: str) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:length]) in STAND_INS for length in range(1, len(parts) + 1))
