"""The metrics that the worker writes into its log, by their names in CloudWatch.

Embedded metric format makes metrics of log lines:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

NAMESPACE = "ParakeetTranscription"
STACK, MODE, INSTANCE_TYPE, KIND = "Stack", "Mode", "InstanceType", "Kind"

FILES = "Files"
AUDIO_SECONDS = "AudioSeconds"
PROCESSING_SECONDS = "ProcessingSeconds"
REAL_TIME_FACTOR = "RealTimeFactor"
FAILURES = "Failures"
