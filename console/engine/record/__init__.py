"""What is written down of a checkout: events, history, audit trail, calls for a human, answers."""
