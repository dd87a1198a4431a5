"""A lock for everything that sets the memory limit of the process or allocates gigabytes."""

import threading

memory_limit = threading.Lock()
"""Held while a recording is opened, which has a memory limit, and while the model is loaded, which has none.

The limit applies to the whole process. Without the lock, the limit for opening a recording could make
loading the model fail.
"""
