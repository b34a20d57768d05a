"""What people accept of the differences between e-invoices and vouchers."""
