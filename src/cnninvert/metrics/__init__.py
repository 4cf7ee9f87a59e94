"""How close a picture is to its photograph."""
