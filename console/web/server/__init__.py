"""The web server's own part of gunicorn: what arrives slowly, or is read slowly, keeps no thread waiting."""
