"""Profile photos: a Step Functions workflow registers one clear face per profile."""
