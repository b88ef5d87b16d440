"""The delivery of messages: leases, retries, dead letters, failover and notices."""
