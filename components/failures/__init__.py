"""What is kept when something fails: a failure report of a job, or an event that was not delivered."""
