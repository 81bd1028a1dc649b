"""How each question is asked."""
