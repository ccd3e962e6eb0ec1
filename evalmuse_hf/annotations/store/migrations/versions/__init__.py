"""One module for each version, in Alembic's form; `evalmuse_hf.annotations.store.migrating` runs them."""
