"""Storytime's pipeline: intake, reading, narration, notification, retrieval, failover."""
