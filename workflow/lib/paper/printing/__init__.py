"""How tables and figures are printed."""
