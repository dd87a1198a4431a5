"""Decode media files to blocks of audio at 16 kHz."""
