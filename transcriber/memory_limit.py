"""Who may set the memory limit of the process, or take gigabytes: one at a time."""

import threading

memory_limit = threading.Lock()
"""Held by the opening of a stranger's file, which is bounded, and by the loading of the model, which is not.

The limit is of the whole process: a file that is slow to open would else fail the load beside it.
"""
