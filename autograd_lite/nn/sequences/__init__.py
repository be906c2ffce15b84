"""What recurrent networks consist of: steps, and whole sequences as one operation for each layer and direction."""
