"""The speech model: prepare it, load it, run it within the device's memory."""
