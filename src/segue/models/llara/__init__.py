"""LLaRA: a language model that reads each track twice, as its title and as a sequential model's vector."""
