"""Write the results of a job: the transcript in its formats, or a failure report."""
