"""How messages are delivered: leases, retries, dead letters, failover."""
