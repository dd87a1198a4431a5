"""The files that a job leaves: transcripts in their formats, or a failure report."""
