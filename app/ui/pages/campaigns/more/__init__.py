"""“More”: what a campaign can say about its sending, and most never need."""
