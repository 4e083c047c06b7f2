"""The kinds of listing: one room each, behind the port in `catalog.kind`. None knows another."""
