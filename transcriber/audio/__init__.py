"""From the bytes of a media file to blocks of sound at 16 kHz."""
