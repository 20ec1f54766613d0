"""Forms for edits: each makes one core edit out of what is typed, and says in a sentence why it cannot be."""
