"""What a campaign has reached, on both sides: whatever is new there is worth keeping."""
