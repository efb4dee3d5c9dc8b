"""Cases that reached something new: kept, changed, put together, made few again."""
