"""AWS Batch on one machine: its API, with a local process for each job."""
