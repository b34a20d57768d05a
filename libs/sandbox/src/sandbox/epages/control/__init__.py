"""What buyers, merchants and tests make happen in the shops, beside the shop API."""
