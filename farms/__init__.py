"""Plot and its versions, imports of plots, overlap cases."""
