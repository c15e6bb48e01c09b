"""What every app needs and none owns: Job, Schedule, outbox, Notice, Document, idempotency keys."""
