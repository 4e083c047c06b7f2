"""The operators' desk: what the whole marketplace looks like today, and what of it needs somebody."""
