"""Sets up, starts and stops an installation. Standard library only: it runs before anything is installed."""
