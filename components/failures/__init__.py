"""What happens to uploads whose job failed: failure reports and dead letters."""
