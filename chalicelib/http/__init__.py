"""What HTTP requests say, and what is answered."""
