"""What a program costs, from its IR alone: operations, bytes moved, memory."""
