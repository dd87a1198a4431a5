"""From words to sentences and the transcript."""
