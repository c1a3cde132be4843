"""One verb a file. Each locks the instance, reads afresh, checks policy, acts, records. None commits."""
