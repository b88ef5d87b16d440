"""AWS in memory: what `chalicelib` asks of its ports, without AWS.

The contract suite (tests/contracts) holds the fakes to the tests that the real adapters pass.
"""
