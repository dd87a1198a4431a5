"""Submit recordings that exist already, in the stack's own bucket or in another one."""
