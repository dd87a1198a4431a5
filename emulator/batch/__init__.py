"""AWS Batch on one machine: its API, and a local process for each job."""
