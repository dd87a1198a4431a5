"""Whether the first `pulumi up` would work: each thing that it needs, looked at before it starts."""
