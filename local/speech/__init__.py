"""How the local Polly speaks: what is asked of it, in which voice, and what came of it."""
