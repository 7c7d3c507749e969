"""Pictures of any source → arrays → batches."""
