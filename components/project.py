"""Where the files of this repository are."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
