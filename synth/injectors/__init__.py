"""What fraudsters do: fraud patterns as planned episodes, one file each."""
