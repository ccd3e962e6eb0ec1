"""The parts of an evaluation, one module each: arrays in, a piece of the record out."""
