"""Records vouchers as the base that payment movements are matched with."""
