"""Keys that trip over shells, URLs, templates, spreadsheets, terminals, option parsers and file systems."""

import random
import unicodedata

KEY_LIMIT_BYTES = 1024

STRANGE = (
    "two  words",
    " leading space",
    "trailing space ",
    'it\'s "quoted"',
    "a+b=c&d;e,f",
    "100%20 not decoded %2F %",
    "-rf",
    "--help",
    "=SUM(A1:A9)",
    "@cmd|' /C calc'!A0",
    "tab\tand\nnewline",
    "bell\x07 and escape \x1b[31m",
    "<bucket> <key>",
    "{{curly}} ${dollar} $(shell) `tick`",
    "Ref::key",
    "back\\slash",
    "..hidden",
    "a/../../b",
    "../up",
    "./here",
    "double//slash",
    "запись 日本 ü 🎙",
    unicodedata.normalize("NFD", "réunion"),
    unicodedata.normalize("NFC", "réunion"),
    "right\u202eto left",
    "#fragment?query=1",
    "* [a-z] !",
    "s3://bucket/key",
    "null",
    "failures/",
    "transcripts/calls",
)

LONG_CHARACTERS = "long é "


def ordinary_key(generator: random.Random, number: int, suffix: str) -> str:
    """Return a key as most people choose them."""
    folder = generator.choice(("", "calls/", "calls/2026/11/", "Podcasts/"))
    return f"{folder}recording-{number:04}{suffix}"


def strange_key(generator: random.Random, number: int, suffix: str) -> str:
    """Return a key that S3 takes and nobody expects."""
    if generator.random() < 0.1:
        return long_key(generator.randint(900, KEY_LIMIT_BYTES), f"-{number:04}{suffix}")
    # A number makes it one of its kind; it must not hide what is strange at the start.
    return f"{generator.choice(STRANGE)}-{number:04}{_in_some_case(generator, suffix)}"


def long_key(size_bytes: int, end: str) -> str:
    """Return a key of ``size_bytes``, or one less where a character of two bytes does not fit."""
    start = LONG_CHARACTERS * (size_bytes // len(LONG_CHARACTERS.encode()) + 1)
    return start.encode()[: size_bytes - len(end.encode())].decode(errors="ignore") + end


def _in_some_case(generator: random.Random, suffix: str) -> str:
    return generator.choice((suffix, suffix, suffix.upper(), suffix.title()))
