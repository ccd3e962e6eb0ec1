"""The command `evalmuse`: one subcommand, one module with `register` and `run`."""
