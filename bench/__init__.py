"""The benchmark: whole checkouts over HTTP, beside what the same rows cost when they are written bare.

It knows the shop only from outside: gunicorn's port, the tables, the processes' CPU times.
"""
