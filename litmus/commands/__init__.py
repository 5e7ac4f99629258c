"""The subcommands of `litmus`, a module each; `litmus.cli` puts them together."""
