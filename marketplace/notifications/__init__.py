"""Mail: written beside the event that calls for it, sent afterwards, kept so that it can be looked at."""
