"""One adapter per provider. Only the wiring knows them."""
