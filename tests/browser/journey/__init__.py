"""The journey of issue 2 §5: its place, its file, and each user's steps in the browser."""
