"""Restricted-party lists: reading official files, publishing releases, following what is in force."""
