"""Licences as SPDX expressions, and what they ask of whoever hands the image on."""

from importlib import metadata

from license_expression import ExpressionError, ExpressionParseError, get_spdx_licensing

LICENSING = get_spdx_licensing()

NVIDIA = "LicenseRef-NVIDIA-Proprietary"

CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
}
"""Those of PyPI that name one licence."""

SPELLINGS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
}
"""What else packages call a licence that is one of SPDX's."""

READ = {
    "antlr4-python3-runtime": "BSD-3-Clause",
    "cuda-toolkit": NVIDIA,
    "jinja2": "BSD-3-Clause",
    "mpmath": "BSD-3-Clause",
    "omegaconf": "BSD-3-Clause",
    "packaging": "Apache-2.0 OR BSD-2-Clause",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "sympy": "BSD-3-Clause",
}
"""Packages whose metadata names no licence, or none alone: what the licence texts in them say.

Whoever hands the image on has to look at them again.
"""

PERMISSIVE = frozenset(
    [
        *("0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause"),
        *("BSD-3-Clause-Clear", "BSL-1.0", "CC0-1.0", "CNRI-Python", "FTL", "IJG", "ISC", "libpng-2.0"),
        *("libtiff", "MIT", "MIT-0", "MIT-CMU", "MIT-Modern-Variant", "MIT-open-group", "PSF-2.0", "X11"),
        "Zlib",
    ]
)
"""They ask for their notices, which are in the packages, and for nothing else."""

OBLIGATIONS = {
    "CC-BY-4.0": "name NVIDIA, the licence and the model, as transcripts and README.md do",
    "GPL-2.0-or-later": "give the source too, and all that is linked with it under the GPL",
    "GPL-3.0-or-later WITH GCC-exception-3.1": "nothing: the exception frees what GCC compiled",
    "LGPL-2.0-or-later": "give the source too, and let it be replaced; it is a shared library",
    "LGPL-2.1-or-later": "give the source too, and let it be replaced; it is a shared library",
    "LGPL-3.0-or-later": "give the source too, and let it be replaced; it is a shared library",
    "MPL-2.0": "give the source of its files too; they are Python, and unchanged",
    NVIDIA: "keep to NVIDIA's terms for CUDA, which let applications ship its libraries unchanged",
}
"""What the other licences ask of whoever hands the image on."""


class UnknownLicenceError(ValueError):
    """A package whose metadata does not tell its licence; `READ` has to."""


def licence_of(package: str) -> str:
    """Return the SPDX expression of a package's licence, by its metadata in this environment.

    NVIDIA's libraries are not in it; they are all under one licence.

    Raises:
        UnknownLicenceError: nobody knows.
    """
    if package in READ:
        return READ[package]
    if package.startswith("nvidia-"):
        return NVIDIA
    try:
        told = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        raise UnknownLicenceError(f"{package}: not installed; put its licence into READ.") from None
    if "License-Expression" in told:
        return told["License-Expression"]
    (text,) = told.get_all("License", [""])
    if text in SPELLINGS:
        return SPELLINGS[text]
    if _is_expression(text):
        return str(LICENSING.parse(text))
    named = {CLASSIFIERS[each] for each in told.get_all("Classifier", []) if each in CLASSIFIERS}
    if len(named) != 1:
        raise UnknownLicenceError(f"{package}: its metadata names no one licence; put it into READ.")
    return named.pop()


def licences_in(expression: str) -> set[str]:
    """Return the licences that apply together, of alternatives the one that asks for least."""
    return _required(LICENSING.parse(expression))


def _is_expression(text: str) -> bool:
    try:
        return bool(text) and LICENSING.parse(text, validate=True) is not None
    except (ExpressionError, ExpressionParseError):
        return False


def _required(parsed: object) -> set[str]:
    if isinstance(parsed, LICENSING.OR):
        return min(map(_required, parsed.args), key=_weight)
    if isinstance(parsed, LICENSING.AND):
        return set[str]().union(*map(_required, parsed.args))
    return {str(parsed)}


def _weight(licences: set[str]) -> tuple[int, int]:
    return sum(each.startswith("GPL") for each in licences), len(licences - PERMISSIVE)
