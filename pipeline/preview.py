"""The auditor's page of a finished corpus: which dialogues, read from where, written where."""
