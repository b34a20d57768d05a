"""What people and other programs do to the books behind the API's back."""
