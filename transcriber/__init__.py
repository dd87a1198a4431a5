"""The transcription worker: one recording in, one timestamped transcript out.

Data goes one way: storage -> audio (16 kHz mono blocks) -> recognition mode -> words -> transcript -> formats
-> storage.
"""
