"""Mail: written beside the fact that calls for it, sent afterwards, kept so that it can be looked at."""
