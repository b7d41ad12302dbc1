"""Models behind an OpenAI-compatible API: calls that are paid once, validated, budgeted and never leak their key."""
