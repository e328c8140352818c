"""What the parts of the project say to each other: records, schemas, errors, randomness, audio bytes."""
