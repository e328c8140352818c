"""What the parts of the project share: records, schemas, errors, randomness, audio bytes."""
