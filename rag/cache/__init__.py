"""What need not be computed or paid for twice."""
