"""What drives a checkout: the lock, the legs, what follows what, going back, taking up again."""
