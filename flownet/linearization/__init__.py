"""What a finite step broke: promise and delivery, term by term, and departure from the flow."""
