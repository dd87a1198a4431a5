"""What a job tells while it runs: log, metrics, progress."""
