"""The playground: a picture, its prompt, and how well the one shows the other, element by element."""
