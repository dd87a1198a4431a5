"""AWS on one machine: MiniStack, AWS Batch with local processes, event delivery, deployment of programs."""
