"""From a question and passages to a checked answer: pure decisions."""
