"""A handler for each kind of AWS resource that a Pulumi program may register."""
