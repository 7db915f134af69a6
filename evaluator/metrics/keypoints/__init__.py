"""Does an answer say a key point? Alignment of tokens, and rules for what contradicts it."""
