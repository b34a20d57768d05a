"""Orders and their documents as they are shown: JSON, PDF, and the e-invoice inside."""
