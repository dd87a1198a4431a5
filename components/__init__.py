"""The components of the transcription service, one ComponentResource a file."""
