"""Land-use layers and parcels; planning zones are the same engine."""
