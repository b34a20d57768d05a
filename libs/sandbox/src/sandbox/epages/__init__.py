"""The ePages classic shop API as a simulator: many shops, orders, finalised documents, webhooks, faults."""
