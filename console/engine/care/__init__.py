"""What keeps the engine honest: the invariants, the doctor, what may be mended, the ledger beside our books."""
